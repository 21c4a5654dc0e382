import type { ByteReader, ByteWriter } from "../../../bytes/index.ts";

// linux/rtnetlink.h
export const RT_TABLE_UNSPEC = 0;
export const RT_TABLE_DEFAULT = 253;
export const RT_TABLE_MAIN = 254;
export const RT_TABLE_LOCAL = 255;
export const RTPROT_UNSPEC = 0;
export const RTPROT_KERNEL = 2;
export const RTPROT_BOOT = 3;
export const RTPROT_STATIC = 4;
export const RT_SCOPE_UNIVERSE = 0;
export const RT_SCOPE_LINK = 253;
export const RT_SCOPE_HOST = 254;
export const RT_SCOPE_NOWHERE = 255;
export const RTN_UNSPEC = 0;
export const RTN_UNICAST = 1;
export const RTN_LOCAL = 2;
export const RTN_BROADCAST = 3;
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

export function encodeHeader(writer: ByteWriter, header: Partial<RouteHeader>): ByteWriter {
  return writer
    .u8(header.family ?? 0) // rtm_family
    .u8(header.dstLength ?? 0) // rtm_dst_len
    .u8(header.srcLength ?? 0) // rtm_src_len
    .u8(header.tos ?? 0) // rtm_tos
    .u8(header.table ?? 0) // rtm_table
    .u8(header.protocol ?? 0) // rtm_protocol
    .u8(header.scope ?? 0) // rtm_scope
    .u8(header.type ?? 0) // rtm_type
    .u32(header.flags ?? 0); // rtm_flags
}

export function decodeHeader(reader: ByteReader): RouteHeader {
  const family = reader.u8(); // rtm_family
  const dstLength = reader.u8(); // rtm_dst_len
  const srcLength = reader.u8(); // rtm_src_len
  const tos = reader.u8(); // rtm_tos
  const table = reader.u8(); // rtm_table
  const protocol = reader.u8(); // rtm_protocol
  const scope = reader.u8(); // rtm_scope
  const type = reader.u8(); // rtm_type
  const flags = reader.u32(); // rtm_flags
  return { family, dstLength, srcLength, tos, table, protocol, scope, type, flags };
}
