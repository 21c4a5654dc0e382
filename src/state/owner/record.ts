import {
  type Attachment,
  attachmentKey,
  field,
  isObject,
  type JsonValue,
  parseJson,
  printJson,
} from "../../spec/index.ts";
import { hexDigest } from "../digest.ts";

/** What a plugin noted about an attachment that its identity alone does not tell. */
export interface OwnerRecord extends Attachment {
  /** The boot during which it was written: what it speaks of does not outlive that boot. */
  readonly bootId: string;
  readonly data: JsonValue;
}

/** The record's file name, without directory: the same for equal attachments. */
export function recordName(attachment: Attachment): string {
  return `${hexDigest("sha256", attachmentKey(attachment)).slice(0, 32)}.json`;
}

/** The content of a record's file: one line, so that a torn one is seen to be torn. */
export function encodeRecord(record: OwnerRecord): string {
  const { network, containerId, ifName, bootId, data } = record;
  return `${printJson({ network, containerId, ifName, bootId, data })}\n`;
}

/** Reads a record's file; undefined when it is torn or not a record. */
export function decodeRecord(text: string): OwnerRecord | undefined {
  let json: JsonValue;
  try {
    json = parseJson(text);
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const network = field(json, "network");
  const containerId = field(json, "containerId");
  const ifName = field(json, "ifName");
  const bootId = field(json, "bootId");
  const data = field(json, "data");
  if (typeof network !== "string" || typeof containerId !== "string") return undefined;
  if (typeof ifName !== "string" || typeof bootId !== "string") return undefined;
  return data === undefined ? undefined : { network, containerId, ifName, bootId, data };
}
