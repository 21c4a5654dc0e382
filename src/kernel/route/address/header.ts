import type { ByteReader, ByteWriter } from "../../../bytes/index.ts";

/** struct ifaddrmsg of linux/if_addr.h. */
export interface AddressHeader {
  readonly family: number;
  readonly prefixLength: number;
  /** The low eight bits of the flags. */
  readonly flags: number;
  readonly scope: number;
  readonly index: number;
}

export function encodeHeader(writer: ByteWriter, header: Partial<AddressHeader>): ByteWriter {
  return writer
    .u8(header.family ?? 0) // ifa_family
    .u8(header.prefixLength ?? 0) // ifa_prefixlen
    .u8(header.flags ?? 0) // ifa_flags
    .u8(header.scope ?? 0) // ifa_scope
    .u32(header.index ?? 0); // ifa_index
}

export function decodeHeader(reader: ByteReader): AddressHeader {
  const family = reader.u8(); // ifa_family
  const prefixLength = reader.u8(); // ifa_prefixlen
  const flags = reader.u8(); // ifa_flags
  const scope = reader.u8(); // ifa_scope
  return { family, prefixLength, flags, scope, index: reader.u32() }; // ifa_index
}
