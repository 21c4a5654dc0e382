import { type ByteReader, ByteWriter } from "../../../bytes/index.ts";
import {
  decodeHeader as decodeTraffic,
  encodeHeader as encodeTraffic,
  type Given,
} from "../qdisc/header.ts";

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

export function encodeHeader(header: Given<FilterHeader>): ByteWriter {
  const protocol = swap(header.protocol ?? 0);
  const info = (header.priority ?? 0) * 0x10000 + protocol;
  return encodeTraffic(new ByteWriter(), { ...header, info });
}

export function decodeHeader(reader: ByteReader): FilterHeader {
  const { index, handle, parent, info } = decodeTraffic(reader);
  return { index, handle, parent, priority: info >>> 16, protocol: swap(info & 0xffff) };
}

/** The protocol is in network byte order inside of a number of the host's. */
function swap(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8);
}
