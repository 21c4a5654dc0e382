/** The packet that a ruleset is asked about: what is known of it, and what is not. */
import type { Ip } from "../../addr/index.ts";

export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_ICMPV6 = 58;
export const IPPROTO_SCTP = 132;

/** A link that a packet comes in by or leaves by. */
export interface PacketLink {
  readonly index: number;
  readonly name: string;
  readonly group: number;
}

/** A packet on its way through one network namespace. */
export interface Packet {
  readonly source: Ip;
  readonly destination: Ip;
  readonly protocol: number;
  /** Of the other end's choice where it is absent. */
  readonly sourcePort?: number | undefined;
  readonly destinationPort?: number | undefined;
  readonly input?: PacketLink | undefined;
  readonly output?: PacketLink | undefined;
  /** Hardware address that it was sent from. */
  readonly mac?: Uint8Array | undefined;
  /** Whether it answers a packet that was let through, or is the first of its connection. */
  readonly isReply: boolean;
  /** Whether its destination was translated before. */
  readonly isTranslated: boolean;
  /** Whether a process of the namespace sends or gets it: a rule may ask for that one's user. */
  readonly isOwn?: boolean | undefined;
}

/** Bytes of which each is known or not: undefined stands for one that is not. */
export type Bytes = readonly (number | undefined)[];

/** So many bytes that are not known. */
export function unknownBytes(length: number): (number | undefined)[] {
  return Array.from({ length }, () => undefined);
}

const IP4_HEADER = 20;
const IP6_HEADER = 40;
const TRANSPORT_HEADER = 20;
const TCP_FLAGS_AT = 13;
const TCP_SYN = 0x02;
const TCP_ACK = 0x10;

/** The network header, of whose fields only those are known that rules look at. */
export function networkHeader({ source, destination, protocol }: Packet): Bytes {
  const isIp4 = destination.family === 4;
  const header: (number | undefined)[] = unknownBytes(isIp4 ? IP4_HEADER : IP6_HEADER);
  const put = (at: number, values: Iterable<number>): void => {
    let next = at;
    for (const value of values) header[next++] = value;
  };
  if (isIp4) {
    put(0, [0x45, 0]); // version and length, type of service
    put(6, [0, 0]); // no fragment
    put(9, [protocol]);
    put(12, source.bytes);
    put(16, destination.bytes);
    return header;
  }
  put(0, [0x60, 0]);
  put(6, [protocol]);
  put(8, source.bytes);
  put(24, destination.bytes);
  return header;
}

/** The beginning of the transport header: ports, and the flags of TCP. */
export function transportHeader(packet: Packet): Bytes {
  const { protocol, sourcePort, destinationPort, isReply } = packet;
  const header: (number | undefined)[] = unknownBytes(TRANSPORT_HEADER);
  if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) return header;
  put16(header, 0, sourcePort);
  put16(header, 2, destinationPort);
  if (protocol === IPPROTO_TCP) header[TCP_FLAGS_AT] = isReply ? TCP_SYN | TCP_ACK : TCP_SYN;
  return header;
}

/** The Ethernet header: the source is known where the sender's address is. */
export function linkHeader({ mac }: Packet): Bytes {
  const header: (number | undefined)[] = unknownBytes(14);
  mac?.forEach((byte, at) => {
    header[6 + at] = byte;
  });
  return header;
}

function put16(header: (number | undefined)[], at: number, value: number | undefined): void {
  if (value === undefined) return;
  header[at] = value >> 8;
  header[at + 1] = value & 0xff;
}
