import { Ip } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { ByteReader, ByteWriter } from "../../bytes/index.ts";
import {
  Attributes,
  AttributeWriter,
  type NetlinkMessage,
  type NetlinkRequest,
  NLA_F_NESTED,
} from "../netlink/index.ts";
import { AF_INET, AF_INET6 } from "../sys/index.ts";
import {
  CTA_ID,
  CTA_IP_V4_DST,
  CTA_IP_V4_SRC,
  CTA_IP_V6_DST,
  CTA_IP_V6_SRC,
  CTA_MARK,
  CTA_PROTO_DST_PORT,
  CTA_PROTO_NUM,
  CTA_PROTO_SRC_PORT,
  CTA_TUPLE_IP,
  CTA_TUPLE_ORIG,
  CTA_TUPLE_PROTO,
  CTA_TUPLE_REPLY,
  CTA_ZONE,
  IPCTNL_MSG_CT_DELETE,
  NFNETLINK_V0,
  NFNL_SUBSYS_CTNETLINK,
} from "./constant.ts";

/** Addresses and ports of one direction of a flow. */
export interface Tuple {
  readonly source: Ip;
  readonly destination: Ip;
  /** `IPPROTO_*`. */
  readonly protocol: number;
  /** Absent for protocols without ports. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** A flow that the kernel tracks. */
export interface Flow {
  readonly family: 4 | 6;
  /** As the first packet was, before any rewriting. */
  readonly original: Tuple;
  /** As answers are expected: the source is where the flow really goes. */
  readonly reply: Tuple;
  readonly mark?: number;
  /** The attributes that name exactly this flow, as they came. */
  readonly identity: FlowIdentity;
}

/** What a delete request needs. */
export interface FlowIdentity {
  readonly tuple: Uint8Array;
  readonly id?: Uint8Array;
  readonly zone?: Uint8Array;
}

const HEADER_LENGTH = 4;

/** Netlink message type of a conntrack message. */
export function ctType(message: number): number {
  return (NFNL_SUBSYS_CTNETLINK << 8) | message;
}

/** A writer that already holds `struct nfgenmsg`. */
export function ctWriter(family: 4 | 6 | undefined): AttributeWriter {
  const number = family === undefined ? 0 : family === 4 ? AF_INET : AF_INET6;
  return new AttributeWriter(new ByteWriter().u8(number).u8(NFNETLINK_V0).u16be(0));
}

/** Decodes a flow of a dump; undefined for one of another address family. */
export function decodeFlow(message: NetlinkMessage): Flow | undefined {
  const reader = new ByteReader(message.payload);
  const number = reader.u8();
  if (number !== AF_INET && number !== AF_INET6) return undefined;
  const attributes = Attributes.parse(reader.skip(HEADER_LENGTH - 1).slice(reader.remaining));
  const tuple = attributes.bytes(CTA_TUPLE_ORIG);
  const original = decodeTuple(attributes.nested(CTA_TUPLE_ORIG));
  const reply = decodeTuple(attributes.nested(CTA_TUPLE_REPLY));
  if (tuple === undefined || original === undefined || reply === undefined) return undefined;
  const mark = attributes.be32(CTA_MARK);
  const id = attributes.bytes(CTA_ID);
  const zone = attributes.bytes(CTA_ZONE);
  return {
    family: number === AF_INET ? 4 : 6,
    original,
    reply,
    ...defined({ mark }),
    identity: {
      tuple,
      ...defined({ id, zone }),
    },
  };
}

/** Asks to delete exactly this flow: one that took its place meanwhile has another id. */
export function deleteRequest({ family, identity }: Flow): NetlinkRequest {
  const writer = ctWriter(family).bytes(CTA_TUPLE_ORIG | NLA_F_NESTED, identity.tuple);
  if (identity.id !== undefined) writer.bytes(CTA_ID, identity.id);
  if (identity.zone !== undefined) writer.bytes(CTA_ZONE, identity.zone);
  return { type: ctType(IPCTNL_MSG_CT_DELETE), flags: 0, payload: writer.finish() };
}

function decodeTuple(attributes: Attributes | undefined): Tuple | undefined {
  const ip = attributes?.nested(CTA_TUPLE_IP);
  const proto = attributes?.nested(CTA_TUPLE_PROTO);
  const source = ip?.bytes(CTA_IP_V4_SRC) ?? ip?.bytes(CTA_IP_V6_SRC);
  const destination = ip?.bytes(CTA_IP_V4_DST) ?? ip?.bytes(CTA_IP_V6_DST);
  const protocol = proto?.u8(CTA_PROTO_NUM);
  if (source === undefined || destination === undefined || protocol === undefined) return undefined;
  const sourcePort = proto?.be16(CTA_PROTO_SRC_PORT);
  const destinationPort = proto?.be16(CTA_PROTO_DST_PORT);
  return {
    source: Ip.fromBytes(source),
    destination: Ip.fromBytes(destination),
    protocol,
    ...defined({ sourcePort, destinationPort }),
  };
}
