import type { ByteReader, ByteWriter } from "../../../bytes/index.ts";
import { AF_UNSPEC } from "../../sys/index.ts";

/** Size of struct ifinfomsg. */
export const IFINFOMSG_SIZE = 16;

// linux/if.h
export const IFF_UP = 0x1;
export const IFF_BROADCAST = 0x2;
export const IFF_LOOPBACK = 0x8;
export const IFF_POINTOPOINT = 0x10;
export const IFF_RUNNING = 0x40;
export const IFF_NOARP = 0x80;
export const IFF_PROMISC = 0x100;
export const IFF_ALLMULTI = 0x200;
export const IFF_MULTICAST = 0x1000;
export const IFF_LOWER_UP = 0x10000;

/** struct ifinfomsg of linux/rtnetlink.h. */
export interface LinkHeader {
  readonly family: number;
  /** ARPHRD_ETHER and the like; the kernel ignores it in requests. */
  readonly type: number;
  readonly index: number;
  readonly flags: number;
  /** Which of the flags a request changes. */
  readonly change: number;
}

export function encodeHeader(writer: ByteWriter, header: Partial<LinkHeader>): ByteWriter {
  return writer
    .u8(header.family ?? AF_UNSPEC) // ifi_family
    .u8(0) // __ifi_pad
    .u16(header.type ?? 0) // ifi_type
    .i32(header.index ?? 0) // ifi_index
    .u32(header.flags ?? 0) // ifi_flags
    .u32(header.change ?? 0); // ifi_change
}

export function decodeHeader(reader: ByteReader): LinkHeader {
  const family = reader.u8(); // ifi_family
  reader.skip(1); // __ifi_pad
  const type = reader.u16(); // ifi_type
  const index = reader.i32(); // ifi_index
  const flags = reader.u32(); // ifi_flags
  return { family, type, index, flags, change: reader.u32() }; // ifi_change
}
