import { type Layout, layout } from "../../../bytes/index.ts";

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

// linux/if_arp.h
export const ARPHRD_ETHER = 1;
export const ARPHRD_LOOPBACK = 772;

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

// Where two of its fields lie, for lists of thousands of links.
export const INDEX_AT = 4;
export const FLAGS_AT = 8;

export const ifinfomsg: Layout<LinkHeader> = layout<LinkHeader>({
  family: "u8", // ifi_family
  _pad: 1, // __ifi_pad
  type: "u16", // ifi_type
  index: "i32", // ifi_index
  flags: "u32", // ifi_flags
  change: "u32", // ifi_change
});
