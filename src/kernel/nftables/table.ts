import { defined } from "../../base/index.ts";
import type { NetlinkMessage } from "../netlink/index.ts";
import type { Family } from "./family.ts";
import { nfWriter, parseNf } from "./header.ts";
import { decodeComment, encodeComment } from "./userdata.ts";

/** Names a table. */
export interface TableId {
  readonly family: Family;
  readonly name: string;
}

/** A table to make. */
export interface TableSpec extends TableId {
  readonly comment?: string;
}

/** A table of the kernel. */
export interface Table extends TableSpec {
  readonly handle: bigint;
  /** How many chains, sets and other objects it holds. */
  readonly use: number;
}

const NFTA_TABLE_NAME = 1;
const NFTA_TABLE_FLAGS = 2;
const NFTA_TABLE_USE = 3;
const NFTA_TABLE_HANDLE = 4;
const NFTA_TABLE_USERDATA = 6;

/** Payload of `NFT_MSG_NEWTABLE`. */
export function encodeTable(table: TableSpec): Uint8Array {
  const writer = nfWriter(table.family).string(NFTA_TABLE_NAME, table.name);
  writer.be32(NFTA_TABLE_FLAGS, 0);
  if (table.comment !== undefined) writer.bytes(NFTA_TABLE_USERDATA, encodeComment(table.comment));
  return writer.finish();
}

/** Payload that names a table, for get and delete. */
export function encodeTableId(table: TableId): Uint8Array {
  return nfWriter(table.family).string(NFTA_TABLE_NAME, table.name).finish();
}

/** Decodes `NFT_MSG_NEWTABLE` of the kernel. */
export function decodeTable(message: NetlinkMessage): Table {
  const { family, attributes } = parseNf(message.payload);
  const comment = decodeComment(attributes.bytes(NFTA_TABLE_USERDATA));
  return {
    family,
    name: attributes.string(NFTA_TABLE_NAME) ?? "",
    handle: attributes.be64(NFTA_TABLE_HANDLE) ?? 0n,
    use: attributes.be32(NFTA_TABLE_USE) ?? 0,
    ...defined({ comment }),
  };
}
