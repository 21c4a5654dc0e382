import {
  AF_INET,
  AF_INET6,
  AF_PACKET,
  SO_ATTACH_FILTER,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
} from "./constant.ts";
import type { Fd } from "./fd.ts";
import { addressOf } from "./library.ts";
import { bind, setsockopt, socket } from "./socket.ts";

/** struct sockaddr_ll: a link, and the EtherType that a packet socket hears there. */
export function packetAddress(linkIndex: number, etherType: number): Uint8Array {
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, etherType, false);
  view.setInt32(4, linkIndex, true);
  return address;
}

/**
 * A 16-bit number of the host's order, which is little-endian, in that of the network: as a packet socket takes its
 * protocol, and as a filter loads a number of the host's.
 */
export function htons(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}

/** struct sockaddr_in; `address` are four bytes in network order. */
export function inetAddress(address: Uint8Array, port: number): Uint8Array {
  if (address.length !== 4) throw new RangeError(`an IPv4 address has 4 bytes`);
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port, false);
  bytes.set(address, 4);
  return bytes;
}

/** struct sockaddr_in6; `address` are sixteen bytes, `scope` the index of a link for an address of it. */
export function inet6Address(address: Uint8Array, port: number, scope: number): Uint8Array {
  if (address.length !== 16) throw new RangeError(`an IPv6 address has 16 bytes`);
  const bytes = new Uint8Array(28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET6, true);
  view.setUint16(2, port, false);
  bytes.set(address, 8);
  view.setUint32(24, scope, true);
  return bytes;
}

// linux/bpf_common.h: instructions of a socket filter, with how they find what they load.
export const BPF_LDH_ABS = 0x28;
export const BPF_LDH_IND = 0x48;
export const BPF_LDB_ABS = 0x30;
export const BPF_LDX_MSH = 0xb1;
export const BPF_JEQ = 0x15;
export const BPF_RET = 0x06;
/** What BPF_RET gives for a packet that is handed over as a whole. */
export const BPF_WHOLE = 0x40000;

/** One instruction of a classic socket filter: struct sock_filter. */
export interface FilterInstruction {
  readonly code: number;
  /** Instructions to skip when the comparison is true, and when it is false. */
  readonly jt?: number;
  readonly jf?: number;
  readonly k: number;
}

/** SO_ATTACH_FILTER: the kernel hands over only what the program lets pass. */
export function attachFilter(fd: Fd, program: readonly FilterInstruction[]): void {
  const instructions = new Uint8Array(program.length * 8);
  const view = new DataView(instructions.buffer);
  for (const [at, { code, jt = 0, jf = 0, k }] of program.entries()) {
    view.setUint16(at * 8, code, true);
    view.setUint8(at * 8 + 2, jt);
    view.setUint8(at * 8 + 3, jf);
    view.setUint32(at * 8 + 4, k, true);
  }
  // struct sock_fprog { unsigned short len; struct sock_filter *filter; }
  const fprog = new Uint8Array(16);
  const header = new DataView(fprog.buffer);
  header.setUint16(0, program.length, true);
  header.setBigUint64(8, BigInt(addressOf(instructions)), true);
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, fprog);
}

/**
 * A packet socket of this thread's namespace that receives the frames of one EtherType on one link, as
 * far as the filter lets them pass; the rest of a busy link never wakes the process.
 */
export function openPacketSocket(
  linkIndex: number,
  etherType: number,
  filter: readonly FilterInstruction[],
): Fd {
  // Without a protocol the socket receives nothing until it is bound, with the filter attached.
  const packet = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  try {
    attachFilter(packet, filter);
    bind(packet, packetAddress(linkIndex, etherType));
    return packet;
  } catch (error) {
    packet.close();
    throw error;
  }
}
