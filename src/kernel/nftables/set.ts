import { defined } from "../../base/index.ts";
import { ByteWriter } from "../../bytes/index.ts";
import type { Attributes, AttributeWriter, NetlinkMessage } from "../netlink/index.ts";
import { type DataTypeName, dataType, typeCode, typeLength, typeParts } from "./datatype.ts";
import type { Family } from "./family.ts";
import { nfWriter, parseNf } from "./header.ts";
import {
  commentValue,
  decodeComment,
  encodeUserdata,
  UdataSet,
  type UserdataRecord,
} from "./userdata.ts";

/** Names a set or a map. */
export interface SetId {
  readonly family: Family;
  readonly table: string;
  readonly name: string;
}

/** Type of a key or of a value: one type, or several that stand side by side. */
export type TypeList = readonly [DataTypeName, ...DataTypeName[]];

/** A set to make; with `data` it is a map. */
export interface SetSpec extends SetId {
  readonly key: TypeList;
  readonly data?: TypeList | "verdict";
  readonly comment?: string;
}

/** A set or map of the kernel. */
export interface NftSet extends SetId {
  readonly handle: bigint;
  /** Bits of `enum nft_set_flags`. */
  readonly flags: number;
  /** Absent when a part has a type that has no name here. */
  readonly key?: readonly DataTypeName[];
  readonly keyLength: number;
  readonly data?: readonly DataTypeName[] | "verdict";
  readonly comment?: string;
  /** How many elements it has, where the kernel tells (Linux 6.16 and newer). */
  readonly count?: number;
}

const NFTA_SET_TABLE = 1;
const NFTA_SET_NAME = 2;
const NFTA_SET_FLAGS = 3;
const NFTA_SET_KEY_TYPE = 4;
const NFTA_SET_KEY_LEN = 5;
const NFTA_SET_DATA_TYPE = 6;
const NFTA_SET_DATA_LEN = 7;
const NFTA_SET_ID = 10;
const NFTA_SET_USERDATA = 13;
const NFTA_SET_HANDLE = 16;
const NFTA_SET_COUNT = 20;

const NFT_SET_MAP = 0x8;
const NFT_DATA_VERDICT = 0xffffff00;

/** Expression type of a concatenation, in nft's description of where a type comes from. */
const NFT_EXPR_CONCAT = 13;
const UDATA_TYPEOF_EXPR = 0;
const UDATA_TYPEOF_DATA = 1;

/** `enum byteorder` of nft. A concatenation has none. */
const byteOrders = { none: 0, host: 1, big: 2 } as const;

/** Payload of `NFT_MSG_NEWSET`; `id` is a number of the set inside the transaction. */
export function encodeSet(set: SetSpec, id: number): Uint8Array {
  const writer = setWriter(set);
  writer.be32(NFTA_SET_FLAGS, set.data === undefined ? 0 : NFT_SET_MAP);
  writer.be32(NFTA_SET_KEY_TYPE, typeCode(set.key)).be32(NFTA_SET_KEY_LEN, typeLength(set.key));
  if (set.data === "verdict") {
    writer.be32(NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT).be32(NFTA_SET_DATA_LEN, 0);
  } else if (set.data !== undefined) {
    writer.be32(NFTA_SET_DATA_TYPE, typeCode(set.data));
    writer.be32(NFTA_SET_DATA_LEN, typeLength(set.data));
  }
  writer.be32(NFTA_SET_ID, id);
  return writer.bytes(NFTA_SET_USERDATA, setUserdata(set)).finish();
}

/** Payload that names a set, for get and delete. */
export function encodeSetId(set: SetId): Uint8Array {
  return setWriter(set).finish();
}

/** Payload that asks for the sets of a family, or of one table. */
export function encodeSetDump(family: Family | undefined, table?: string): Uint8Array {
  const writer = nfWriter(family);
  if (table !== undefined) writer.string(NFTA_SET_TABLE, table);
  return writer.finish();
}

/** Decodes `NFT_MSG_NEWSET` of the kernel. */
export function decodeSet(message: NetlinkMessage): NftSet {
  const { family, attributes } = parseNf(message.payload);
  const key = typeParts(attributes.be32(NFTA_SET_KEY_TYPE) ?? 0);
  const data = readDataType(attributes);
  const comment = decodeComment(attributes.bytes(NFTA_SET_USERDATA), UdataSet.COMMENT);
  const count = attributes.be32(NFTA_SET_COUNT);
  return {
    family,
    table: attributes.string(NFTA_SET_TABLE) ?? "",
    name: attributes.string(NFTA_SET_NAME) ?? "",
    handle: attributes.be64(NFTA_SET_HANDLE) ?? 0n,
    flags: attributes.be32(NFTA_SET_FLAGS) ?? 0,
    keyLength: attributes.be32(NFTA_SET_KEY_LEN) ?? 0,
    ...defined({ key, data, comment, count }),
  };
}

function setWriter(set: SetId): AttributeWriter {
  return nfWriter(set.family).string(NFTA_SET_TABLE, set.table).string(NFTA_SET_NAME, set.name);
}

function readDataType(attributes: Attributes): readonly DataTypeName[] | "verdict" | undefined {
  const code = attributes.be32(NFTA_SET_DATA_TYPE);
  if (code === undefined) return undefined;
  return code === NFT_DATA_VERDICT ? "verdict" : typeParts(code);
}

/**
 * What nft leaves in a set for its own listing: byte orders, and that a concatenation is one.
 * Without it nft guesses, and shows numbers in the wrong order.
 */
function setUserdata(set: SetSpec): Uint8Array {
  const { key, data, comment } = set;
  const records: UserdataRecord[] = [u32(UdataSet.KEYBYTEORDER, byteOrder(key))];
  if (data !== undefined) records.push(u32(UdataSet.DATABYTEORDER, byteOrder(data)));
  if (key.length > 1) records.push(typeofConcat(UdataSet.KEY_TYPEOF));
  if (data !== undefined && data !== "verdict" && data.length > 1) {
    records.push(typeofConcat(UdataSet.DATA_TYPEOF));
  }
  if (data !== undefined) records.push(u32(UdataSet.DATA_INTERVAL, 0));
  if (comment !== undefined) {
    records.push({ type: UdataSet.COMMENT, value: commentValue(comment) });
  }
  return encodeUserdata(records);
}

function byteOrder(types: TypeList | "verdict"): number {
  if (types === "verdict" || types.length > 1) return byteOrders.none;
  return byteOrders[dataType(types[0]).order];
}

function u32(type: number, value: number): UserdataRecord {
  return { type, value: new ByteWriter(4).u32(value).finish() };
}

function typeofConcat(type: number): UserdataRecord {
  const kind = u32(UDATA_TYPEOF_EXPR, NFT_EXPR_CONCAT);
  const parts = { type: UDATA_TYPEOF_DATA, value: new Uint8Array(0) };
  return { type, value: encodeUserdata([kind, parts]) };
}
