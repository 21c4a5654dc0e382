/** What instructions load of a packet and of its surroundings. */
import {
  type Ct,
  CtKey,
  CtState,
  CtStatus,
  type Fib,
  FibFlag,
  FibResult,
  ifnameValue,
  type Meta,
  MetaKey,
  type Payload,
  PayloadBase,
} from "../../kernel/nftables/index.ts";
import { hostBytes, type Mark, networkBytes } from "./mark.ts";
import {
  type Bytes,
  linkHeader,
  networkHeader,
  type Packet,
  type PacketLink,
  transportHeader,
  unknownBytes,
} from "./packet.ts";
import type { RoutingSource } from "./source.ts";

const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const ARPHRD_ETHER = 1;
const PACKET_HOST = 0;
const NFPROTO = { 4: 2, 6: 10 } as const;
const META_IIFGROUP = 20;
const META_OIFGROUP = 21;
const META_SKUID = 10;
const META_SKGID = 11;
const IFNAME_LENGTH = 16;

/** The marks that rules read and write. */
export interface Marks {
  readonly packet: Mark;
  readonly connection: Mark;
}

/** Null: the kernel would end the rule here, since the packet has no such thing. */
export type Loaded = Bytes | null;

/** A fact by `meta`; unknown to its full length for all keys that nothing is known of. */
export function loadMeta({ key }: Meta, packet: Packet, marks: Marks): Loaded {
  const { family } = packet.destination;
  switch (key) {
    case MetaKey.PROTOCOL:
      return networkBytes(family === 4 ? ETH_P_IP : ETH_P_IPV6, 2);
    case MetaKey.NFPROTO:
      return [NFPROTO[family]];
    case MetaKey.L4PROTO:
      return [packet.protocol];
    case MetaKey.MARK:
      return marks.packet.bytes;
    case MetaKey.PKTTYPE:
      return [PACKET_HOST];
    case MetaKey.IIFTYPE:
    case MetaKey.OIFTYPE:
      return hostBytes(ARPHRD_ETHER, 2);
    case META_SKUID:
    case META_SKGID:
      // A packet that is forwarded has no socket.
      return packet.isOwn === true ? unknownBytes(4) : null;
    default:
      return loadLink(key, packet) ?? unknownBytes(IFNAME_LENGTH);
  }
}

function loadLink(key: number, { input, output }: Packet): Bytes | undefined {
  const name = (link: PacketLink | undefined): Bytes => [...ifnameValue(link?.name ?? "")];
  switch (key) {
    case MetaKey.IIFNAME:
      return name(input);
    case MetaKey.OIFNAME:
      return name(output);
    case MetaKey.IIF:
      return hostBytes(input?.index ?? 0);
    case MetaKey.OIF:
      return hostBytes(output?.index ?? 0);
    case META_IIFGROUP:
      return hostBytes(input?.group ?? 0);
    case META_OIFGROUP:
      return hostBytes(output?.group ?? 0);
    default:
      return undefined;
  }
}

/** A fact about the connection: its first packet has just come, or was let through. */
export function loadCt({ key, direction }: Ct, packet: Packet, marks: Marks): Loaded {
  switch (key) {
    case CtKey.STATE:
      return hostBytes(packet.isReply ? CtState.ESTABLISHED : CtState.NEW);
    case CtKey.DIRECTION:
      return [packet.isReply ? 1 : 0];
    case CtKey.STATUS:
      return packet.isReply ? unknownBytes(4) : hostBytes(packet.isTranslated ? CtStatus.DNAT : 0);
    case CtKey.MARK:
      return marks.connection.bytes;
    case CtKey.SRC_IP:
    case CtKey.DST_IP:
    case CtKey.PROTO_SRC:
    case CtKey.PROTO_DST:
      return loadTuple(key, direction !== "reply", packet);
    default:
      return unknownBytes(IFNAME_LENGTH);
  }
}

/** How the connection began: an answer goes the other way. What was translated is not known. */
function loadTuple(key: number, isOriginal: boolean, packet: Packet): Bytes {
  const isAddress = key === CtKey.SRC_IP || key === CtKey.DST_IP;
  if (!isOriginal || packet.isTranslated) return unknownBytes(isAddress ? IFNAME_LENGTH : 2);
  const { source, destination, sourcePort, destinationPort, isReply } = packet;
  const isOfSource = (key === CtKey.SRC_IP || key === CtKey.PROTO_SRC) !== isReply;
  if (isAddress) return [...(isOfSource ? source : destination).bytes];
  return networkBytes(isOfSource ? sourcePort : destinationPort, 2);
}

/** Bytes of a header; null behind its end where the rule would end. */
export function loadPayload({ base, offset, length }: Payload, packet: Packet): Loaded {
  const header = headerOf(base, packet);
  if (header === undefined) return unknownBytes(length);
  return Array.from({ length }, (_, at) => header[offset + at]);
}

function headerOf(base: number, packet: Packet): Bytes | undefined {
  if (base === PayloadBase.NETWORK) return networkHeader(packet);
  if (base === PayloadBase.TRANSPORT) return transportHeader(packet);
  return base === PayloadBase.LINK ? linkHeader(packet) : undefined;
}

/** An answer of the routing tables. */
export function loadFib({ result, flags }: Fib, packet: Packet, routing: RoutingSource): Loaded {
  const ip = (flags & FibFlag.DADDR) === 0 ? packet.source : packet.destination;
  if (result === FibResult.ADDRTYPE) return hostBytes(routing.addressType(ip));
  if (result !== FibResult.OIF) return unknownBytes(IFNAME_LENGTH);
  const wanted = (flags & FibFlag.IIF) === 0 ? undefined : packet.input?.index;
  const index = routing.linkTo(ip);
  const isThere = index !== undefined && (wanted === undefined || wanted === index);
  if ((flags & FibFlag.PRESENT) !== 0) return [isThere ? 1 : 0];
  return hostBytes(isThere ? index : 0);
}
