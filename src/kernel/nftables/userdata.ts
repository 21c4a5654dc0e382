import { ByteReader, ByteWriter } from "../../bytes/index.ts";
import { attributeText, bytes, type Field, mapped } from "../netlink/index.ts";

// The kernel stores userdata without looking at it. What stands there is a convention of nft and
// libnftnl (libnftnl/udata.h): records of type (u8), length (u8), value.

/** One record of userdata. */
export interface UserdataRecord {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Longest comment that nft accepts, in bytes (`NFTNL_UDATA_COMMENT_MAXLEN`). */
export const COMMENT_MAX_BYTES = 128;

/** Record type of a comment on a table, a chain, a rule and an element: all four are 0. */
export const UDATA_COMMENT = 0;

/** Record types of a set's userdata (`enum nftnl_udata_set_types`). */
export const UdataSet = {
  KEYBYTEORDER: 0,
  DATABYTEORDER: 1,
  MERGE_ELEMENTS: 2,
  KEY_TYPEOF: 3,
  DATA_TYPEOF: 4,
  EXPR: 5,
  DATA_INTERVAL: 6,
  COMMENT: 7,
} as const;

const encoder = new TextEncoder();

/** Writes userdata records. */
export function encodeUserdata(records: readonly UserdataRecord[]): Uint8Array {
  const writer = new ByteWriter(64);
  for (const { type, value } of records) writer.u8(type).u8(value.length).bytes(value);
  return writer.finish();
}

/** Reads userdata records; userdata that some other program wrote in its own form gives none. */
export function decodeUserdata(bytes: Uint8Array): UserdataRecord[] {
  const reader = new ByteReader(bytes);
  const records: UserdataRecord[] = [];
  while (reader.remaining >= 2) {
    const type = reader.u8();
    const length = reader.u8();
    if (length > reader.remaining) return [];
    records.push({ type, value: reader.slice(length) });
  }
  return records;
}

/** A comment's value: text and a closing NUL. RangeError when nft would refuse it. */
export function commentValue(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  if (bytes.length > COMMENT_MAX_BYTES) {
    throw new RangeError(`comment of ${bytes.length} bytes is longer than ${COMMENT_MAX_BYTES}`);
  }
  return new ByteWriter(bytes.length + 1).cstring(text).finish();
}

/** Userdata that holds one comment, as nft writes it for tables, chains, rules and elements. */
export function encodeComment(text: string): Uint8Array {
  return encodeUserdata([{ type: UDATA_COMMENT, value: commentValue(text) }]);
}

/** The comment in userdata, or undefined. */
export function decodeComment(
  userdata: Uint8Array | undefined,
  type: number = UDATA_COMMENT,
): string | undefined {
  if (userdata === undefined) return undefined;
  // What nearly all have, recognized without taking it apart: one record to the end.
  if (userdata[0] === type && userdata[1] === userdata.length - 2) {
    return attributeText(userdata.subarray(2));
  }
  const record = decodeUserdata(userdata).find((entry) => entry.type === type);
  return record === undefined ? undefined : attributeText(record.value);
}

/** An attribute of userdata, of which the comment alone is of interest. */
export function commentField(type: number): Field<string> {
  return mapped(bytes(type), encodeComment, (userdata) => decodeComment(userdata) ?? null);
}
