import { defined } from "../../base/index.ts";
import { ByteWriter } from "../../bytes/index.ts";
import { attributes, be32, be64, bytes, cString, type NetlinkMessage } from "../netlink/index.ts";
import { type DataTypeName, dataType, typeCode, typeLength, typeParts } from "./datatype.ts";
import type { Family } from "./family.ts";
import { familyOf, NFGENMSG_SIZE, nfWriter } from "./header.ts";
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
  /** How many elements it has, where the kernel says so (Linux 6.16 and newer). */
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

const setTable = attributes({
  table: cString(NFTA_SET_TABLE),
  name: cString(NFTA_SET_NAME),
  flags: be32(NFTA_SET_FLAGS),
  keyType: be32(NFTA_SET_KEY_TYPE),
  keyLength: be32(NFTA_SET_KEY_LEN),
  dataType: be32(NFTA_SET_DATA_TYPE),
  dataLength: be32(NFTA_SET_DATA_LEN),
  id: be32(NFTA_SET_ID),
  userdata: bytes(NFTA_SET_USERDATA),
  handle: be64(NFTA_SET_HANDLE),
  count: be32(NFTA_SET_COUNT),
});

type SetValues = Parameters<typeof setTable.encode>[1];

function encode(family: Family | undefined, values: SetValues): Uint8Array {
  const writer = nfWriter(family);
  setTable.encode(writer, values);
  return writer.finish();
}

/** Payload of `NFT_MSG_NEWSET`; `id` is a number of the set inside the transaction. */
export function encodeSet(set: SetSpec, id: number): Uint8Array {
  const { family, table, name, key, data } = set;
  return encode(family, {
    table,
    name,
    flags: data === undefined ? 0 : NFT_SET_MAP,
    keyType: typeCode(key),
    keyLength: typeLength(key),
    ...dataAttributes(data),
    id,
    userdata: setUserdata(set),
  });
}

function dataAttributes(data: SetSpec["data"]): SetValues {
  if (data === undefined) return {};
  if (data === "verdict") return { dataType: NFT_DATA_VERDICT, dataLength: 0 };
  return { dataType: typeCode(data), dataLength: typeLength(data) };
}

/** Payload that names a set, for get and delete. */
export function encodeSetId({ family, table, name }: SetId): Uint8Array {
  return encode(family, { table, name });
}

/** Payload that asks for the sets of a family, or of one table. */
export function encodeSetDump(family: Family | undefined, table?: string): Uint8Array {
  return encode(family, { table });
}

/** Decodes `NFT_MSG_NEWSET` of the kernel. */
export function decodeSet({ payload }: NetlinkMessage): NftSet {
  const nothing = { table: "", name: "", handle: 0n, flags: 0, keyLength: 0 };
  const found = setTable.decode(payload, nothing, NFGENMSG_SIZE);
  const { table, name, handle, flags, keyLength, dataType, count } = found;
  const key = typeParts(found.keyType ?? 0);
  const data = dataType === NFT_DATA_VERDICT ? "verdict" : typeParts(dataType ?? 0);
  const comment = decodeComment(found.userdata, UdataSet.COMMENT);
  return {
    ...{ family: familyOf(payload), table, name, handle, flags, keyLength },
    ...defined({ key, data, comment, count }),
  };
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
  if (comment !== undefined) records.push({ type: UdataSet.COMMENT, value: commentValue(comment) });
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
