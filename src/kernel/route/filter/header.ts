import { ByteWriter } from "../../../bytes/index.ts";
import { tcmsg } from "../qdisc/header.ts";

// linux/if_ether.h
export const ETH_P_ALL = 0x0003;
export const ETH_P_IP = 0x0800;
export const ETH_P_IPV6 = 0x86dd;

/** struct tcmsg as filters use it: tcm_info holds priority and protocol. */
export interface FilterHeader {
  readonly index: number;
  readonly handle: number;
  readonly parent: number;
  /** Filters are tried from the lowest number up. */
  readonly priority: number;
  /** ETH_P_ number. */
  readonly protocol: number;
}

export function encodeHeader(
  header: {
    readonly [K in keyof FilterHeader]?: FilterHeader[K] | undefined;
  },
): ByteWriter {
  const { index, handle, parent, priority = 0, protocol = 0 } = header;
  const info = priority * 0x10000 + swap(protocol);
  return tcmsg.encode(new ByteWriter(), { index, handle, parent, info });
}

export function decodeHeader(payload: Uint8Array): FilterHeader {
  const { index, handle, parent, info } = tcmsg.decode(payload);
  return { index, handle, parent, priority: info >>> 16, protocol: swap(info & 0xffff) };
}

/** The protocol is in network byte order inside of a number of the host's. */
function swap(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8);
}
