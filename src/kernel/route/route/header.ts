import { type Layout, layout } from "../../../bytes/index.ts";

// linux/rtnetlink.h
export const RT_TABLE_UNSPEC = 0;
export const RT_TABLE_DEFAULT = 253;
export const RT_TABLE_MAIN = 254;
export const RT_TABLE_LOCAL = 255;
export const RTPROT_UNSPEC = 0;
export const RTPROT_KERNEL = 2;
export const RTPROT_BOOT = 3;
export const RTPROT_STATIC = 4;
export const RTPROT_RA = 9;
export const RT_SCOPE_UNIVERSE = 0;
export const RT_SCOPE_LINK = 253;
export const RT_SCOPE_HOST = 254;
export const RT_SCOPE_NOWHERE = 255;
export const RTN_UNSPEC = 0;
export const RTN_UNICAST = 1;
export const RTN_LOCAL = 2;
export const RTN_BROADCAST = 3;
export const RTN_MULTICAST = 5;
export const RTN_BLACKHOLE = 6;
export const RTN_UNREACHABLE = 7;
export const RTN_PROHIBIT = 8;
export const RTM_F_CLONED = 0x200;
export const RTM_F_LOOKUP_TABLE = 0x1000;
export const RTNH_F_DEAD = 1;
export const RTNH_F_ONLINK = 4;
export const RTNH_F_LINKDOWN = 16;

/** struct rtmsg of linux/rtnetlink.h. */
export interface RouteHeader {
  readonly family: number;
  readonly dstLength: number;
  readonly srcLength: number;
  readonly tos: number;
  /** The table when it is below 256; else RTA_TABLE has it. */
  readonly table: number;
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
  readonly flags: number;
}

export const rtmsg: Layout<RouteHeader> = layout<RouteHeader>({
  family: "u8", // rtm_family
  dstLength: "u8", // rtm_dst_len
  srcLength: "u8", // rtm_src_len
  tos: "u8", // rtm_tos
  table: "u8", // rtm_table
  protocol: "u8", // rtm_protocol
  scope: "u8", // rtm_scope
  type: "u8", // rtm_type
  flags: "u32", // rtm_flags
});
