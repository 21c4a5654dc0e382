import { defined } from "../../base/index.ts";
import { attributes, be32, be64, cString, type NetlinkMessage } from "../netlink/index.ts";
import type { Family } from "./family.ts";
import { familyOf, NFGENMSG_SIZE, nfWriter } from "./header.ts";
import { commentField } from "./userdata.ts";

/** Names a table. */
export interface TableId {
  readonly family: Family;
  readonly name: string;
}

/** A table to make. */
export interface TableSpec extends TableId {
  readonly comment?: string;
  /**
   * The table belongs to the socket that makes it, and goes with it, whatever ends the process; nothing
   * else can change it meanwhile. Kernels before 5.12 refuse it (EOPNOTSUPP).
   */
  readonly isOwned?: boolean;
}

/** A table of the kernel. */
export interface Table extends Omit<TableSpec, "isOwned"> {
  readonly handle: bigint;
  /** How many chains, sets and other objects it holds. */
  readonly use: number;
}

const NFTA_TABLE_NAME = 1;
const NFTA_TABLE_FLAGS = 2;
const NFTA_TABLE_USE = 3;
const NFTA_TABLE_HANDLE = 4;
const NFTA_TABLE_USERDATA = 6;

const NFT_TABLE_F_OWNER = 2;

const table = attributes({
  name: cString(NFTA_TABLE_NAME),
  flags: be32(NFTA_TABLE_FLAGS),
  use: be32(NFTA_TABLE_USE),
  handle: be64(NFTA_TABLE_HANDLE),
  comment: commentField(NFTA_TABLE_USERDATA),
});

/** Payload of `NFT_MSG_NEWTABLE`. */
export function encodeTable({ family, name, comment, isOwned }: TableSpec): Uint8Array {
  const writer = nfWriter(family);
  table.encode(writer, { name, flags: isOwned ? NFT_TABLE_F_OWNER : 0, comment });
  return writer.finish();
}

/** Payload that names a table, for get and delete. */
export function encodeTableId({ family, name }: TableId): Uint8Array {
  const writer = nfWriter(family);
  table.encode(writer, { name });
  return writer.finish();
}

/** Decodes `NFT_MSG_NEWTABLE` of the kernel. */
export function decodeTable({ payload }: NetlinkMessage): Table {
  const found = table.decode(payload, { name: "", handle: 0n, use: 0 }, NFGENMSG_SIZE);
  const { name, handle, use, comment } = found;
  return { family: familyOf(payload), name, handle, use, ...defined({ comment }) };
}
