import { Ip } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { ByteWriter } from "../../bytes/index.ts";
import {
  AttributeWriter,
  attributes,
  be16,
  be32,
  bytes,
  type Field,
  mapped,
  type NetlinkMessage,
  type NetlinkRequest,
  NLA_F_NESTED,
  nest,
  u8,
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

const ipTable = attributes({
  source4: ipField(CTA_IP_V4_SRC),
  destination4: ipField(CTA_IP_V4_DST),
  source6: ipField(CTA_IP_V6_SRC),
  destination6: ipField(CTA_IP_V6_DST),
});

const protoTable = attributes({
  protocol: u8(CTA_PROTO_NUM),
  sourcePort: be16(CTA_PROTO_SRC_PORT),
  destinationPort: be16(CTA_PROTO_DST_PORT),
});

const tupleTable = attributes({
  ip: nest(CTA_TUPLE_IP, ipTable),
  proto: nest(CTA_TUPLE_PROTO, protoTable),
});

/** Attributes of a tuple of which a filter says only protocol and port. */
export function encodePort(
  tuple: AttributeWriter,
  protocol: number,
  destinationPort: number,
): void {
  tupleTable.encode(tuple, { proto: { protocol, destinationPort } });
}

const flowTable = attributes({
  tuple: bytes(CTA_TUPLE_ORIG),
  reply: nest(CTA_TUPLE_REPLY, tupleTable),
  mark: be32(CTA_MARK),
  id: bytes(CTA_ID),
  zone: bytes(CTA_ZONE),
});

/** Decodes a flow of a dump; undefined for one of another address family. */
export function decodeFlow({ payload }: NetlinkMessage): Flow | undefined {
  const number = payload[0];
  if (number !== AF_INET && number !== AF_INET6) return undefined;
  const { tuple, mark, id, zone, ...found } = flowTable.decode(payload, {}, HEADER_LENGTH);
  const original = tuple && tupleOf(tupleTable.decode(tuple, {}));
  const reply = found.reply && tupleOf(found.reply);
  if (tuple === undefined || original === undefined || reply === undefined) return undefined;
  return {
    family: number === AF_INET ? 4 : 6,
    original,
    reply,
    ...defined({ mark }),
    identity: { tuple, ...defined({ id, zone }) },
  };
}

/** Asks to delete exactly this flow: one that took its place meanwhile has another id. */
export function deleteRequest({ family, identity }: Flow): NetlinkRequest {
  const writer = ctWriter(family).bytes(CTA_TUPLE_ORIG | NLA_F_NESTED, identity.tuple);
  flowTable.encode(writer, { id: identity.id, zone: identity.zone });
  return { type: ctType(IPCTNL_MSG_CT_DELETE), flags: 0, payload: writer.finish() };
}

function tupleOf({ ip, proto }: ReturnType<typeof tupleTable.decode>): Tuple | undefined {
  const source = ip?.source4 ?? ip?.source6;
  const destination = ip?.destination4 ?? ip?.destination6;
  const { protocol, sourcePort, destinationPort } = proto ?? {};
  if (source === undefined || destination === undefined || protocol === undefined) return undefined;
  return { source, destination, protocol, ...defined({ sourcePort, destinationPort }) };
}

function ipField(type: number): Field<Ip> {
  return mapped(
    bytes(type),
    (ip) => ip.bytes,
    (payload) => Ip.fromBytes(payload),
  );
}
