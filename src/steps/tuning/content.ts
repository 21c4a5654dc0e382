import {
  type Attachment,
  field,
  isObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  printJson,
} from "../../spec/index.ts";

/** Attributes of an interface as they were; only those that were changed. */
export interface Originals {
  mac?: string;
  promisc?: boolean;
  mtu?: number;
  allmulti?: boolean;
  txQLen?: number;
}

/** A sysctl and the value it had. */
export type OriginalSysctl = readonly [path: string, value: string];

/** What we keep beside the reference plugin's keys, which overlooks it. */
export interface Notes extends Attachment {
  /** Identifies the namespace that the values are of. */
  readonly netns: string;
  /** Index of the interface in it; 0 when there was none. */
  readonly index: number;
  /** In the order in which they were changed. */
  readonly sysctls: readonly OriginalSysctl[];
}

/** A backup, whoever wrote it. */
export interface BackupContent {
  readonly originals: Originals;
  /** Absent from what the reference plugin wrote. */
  readonly notes?: Notes | undefined;
}

/** The order in which the reference plugin writes its keys. */
const KEYS = ["mac", "promisc", "mtu", "allmulti", "txQLen"] as const;
const OWN_KEY = "hawser";

/** The text of a backup: the reference plugin's keys in its manner, then ours. */
export function encodeBackup({ originals, notes }: BackupContent): string {
  const json: JsonObject = {};
  for (const key of KEYS) {
    const value = originals[key];
    if (value !== undefined) json[key] = value;
  }
  if (notes !== undefined) {
    const { network, containerId, ifName, netns, index } = notes;
    const sysctls = Object.fromEntries(notes.sysctls);
    json[OWN_KEY] = { network, containerId, ifName, netns, index, sysctls };
  }
  return printJson(json, 1);
}

/** Reads what either implementation wrote; undefined for what is no backup. Unknown keys are fine. */
export function decodeBackup(text: string): BackupContent | undefined {
  let json: JsonValue;
  try {
    json = parseJson(text);
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const { mac, promisc, mtu, allmulti, txQLen } = Object.fromEntries(
    KEYS.map((key) => [key, field(json, key)]),
  );
  const originals = {
    ...(typeof mac === "string" && mac !== "" ? { mac } : {}),
    ...(typeof promisc === "boolean" ? { promisc } : {}),
    ...(typeof mtu === "number" && mtu !== 0 ? { mtu } : {}),
    ...(typeof allmulti === "boolean" ? { allmulti } : {}),
    ...(typeof txQLen === "number" ? { txQLen } : {}),
  };
  return { originals, notes: decodeNotes(field(json, OWN_KEY)) };
}

function decodeNotes(json: JsonValue | undefined): Notes | undefined {
  if (json === undefined || !isObject(json)) return undefined;
  const { network, containerId, ifName, netns, index, sysctls } = json;
  if (typeof network !== "string" || typeof containerId !== "string") return undefined;
  if (typeof ifName !== "string" || typeof netns !== "string") return undefined;
  if (typeof index !== "number" || sysctls === undefined || !isObject(sysctls)) return undefined;
  const values = Object.entries(sysctls).flatMap(([path, value]): OriginalSysctl[] =>
    typeof value === "string" ? [[path, value]] : [],
  );
  return { network, containerId, ifName, netns, index, sysctls: values };
}
