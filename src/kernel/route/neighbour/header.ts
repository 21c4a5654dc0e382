import type { ByteReader, ByteWriter } from "../../../bytes/index.ts";

// linux/neighbour.h
export const NUD_INCOMPLETE = 0x01;
export const NUD_REACHABLE = 0x02;
export const NUD_STALE = 0x04;
export const NUD_DELAY = 0x08;
export const NUD_PROBE = 0x10;
export const NUD_FAILED = 0x20;
export const NUD_NOARP = 0x40;
export const NUD_PERMANENT = 0x80;
export const NTF_PROXY = 0x08;

/** struct ndmsg of linux/neighbour.h. */
export interface NeighbourHeader {
  readonly family: number;
  readonly index: number;
  readonly state: number;
  readonly flags: number;
  readonly type: number;
}

export function encodeHeader(writer: ByteWriter, header: Partial<NeighbourHeader>): ByteWriter {
  return writer
    .u8(header.family ?? 0) // ndm_family
    .zero(3) // ndm_pad1, ndm_pad2
    .i32(header.index ?? 0) // ndm_ifindex
    .u16(header.state ?? 0) // ndm_state
    .u8(header.flags ?? 0) // ndm_flags
    .u8(header.type ?? 0); // ndm_type
}

export function decodeHeader(reader: ByteReader): NeighbourHeader {
  const family = reader.u8(); // ndm_family
  reader.skip(3); // ndm_pad1, ndm_pad2
  const index = reader.i32(); // ndm_ifindex
  const state = reader.u16(); // ndm_state
  const flags = reader.u8(); // ndm_flags
  return { family, index, state, flags, type: reader.u8() }; // ndm_type
}
