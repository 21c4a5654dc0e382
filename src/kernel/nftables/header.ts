import { ByteReader, ByteWriter } from "../../bytes/index.ts";
import { Attributes, AttributeWriter } from "../netlink/index.ts";
import { type Family, familyName, familyNumber } from "./family.ts";

/** Subsystem number in the upper byte of a message type (linux/netfilter/nfnetlink.h). */
export const NFNL_SUBSYS_NFTABLES = 10;

/** Control messages that open and close a transaction; they belong to no subsystem. */
export const NFNL_MSG_BATCH_BEGIN = 0x10;
export const NFNL_MSG_BATCH_END = 0x11;

/** Attribute of the begin message: the generation that the transaction was planned for. */
export const NFNL_BATCH_GENID = 1;

const NFNETLINK_V0 = 0;
/** Size of `struct nfgenmsg`. */
export const NFGENMSG_SIZE = 4;

/** Message numbers of nftables (`enum nf_tables_msg_types`). */
export const NftMessage = {
  NEWTABLE: 0,
  GETTABLE: 1,
  DELTABLE: 2,
  NEWCHAIN: 3,
  GETCHAIN: 4,
  DELCHAIN: 5,
  NEWRULE: 6,
  GETRULE: 7,
  DELRULE: 8,
  NEWSET: 9,
  GETSET: 10,
  DELSET: 11,
  NEWSETELEM: 12,
  GETSETELEM: 13,
  DELSETELEM: 14,
  NEWGEN: 15,
  GETGEN: 16,
  TRACE: 17,
} as const;

/** Netlink message type of an nftables message. */
export function nftType(message: number): number {
  return (NFNL_SUBSYS_NFTABLES << 8) | message;
}

/** A writer that already holds `struct nfgenmsg`; no family means all of them. */
export function nfWriter(family: Family | undefined): AttributeWriter {
  const header = new ByteWriter().u8(family === undefined ? 0 : familyNumber(family));
  return new AttributeWriter(header.u8(NFNETLINK_V0).u16be(0));
}

/** Payload of a begin or end message; `res_id` names the subsystem. */
export function batchPayload(generation?: number): Uint8Array {
  const header = new ByteWriter().u8(0).u8(NFNETLINK_V0).u16be(NFNL_SUBSYS_NFTABLES);
  const attributes = new AttributeWriter(header);
  if (generation !== undefined) attributes.be32(NFNL_BATCH_GENID, generation);
  return attributes.finish();
}

/** Splits a payload into the family of its `struct nfgenmsg` and its attributes. */
export function parseNf(payload: Uint8Array): { family: Family; attributes: Attributes } {
  const reader = new ByteReader(payload);
  const family = familyName(reader.u8());
  reader.skip(NFGENMSG_SIZE - 1);
  return { family, attributes: Attributes.parse(reader.slice(reader.remaining)) };
}

/** The family of a message's `struct nfgenmsg`. */
export function familyOf(payload: Uint8Array): Family {
  return familyName(new ByteReader(payload).u8());
}

/** Attributes after `struct nfgenmsg`, for messages that have no family. */
export function parseNfAttributes(payload: Uint8Array): Attributes {
  return Attributes.parse(payload.subarray(NFGENMSG_SIZE));
}
