import { type Layout, layout } from "../../../bytes/index.ts";

// linux/neighbour.h
export const NUD_INCOMPLETE = 0x01;
export const NUD_REACHABLE = 0x02;
export const NUD_STALE = 0x04;
export const NUD_DELAY = 0x08;
export const NUD_PROBE = 0x10;
export const NUD_FAILED = 0x20;
export const NUD_NOARP = 0x40;
export const NUD_PERMANENT = 0x80;
export const NTF_SELF = 0x02;
export const NTF_PROXY = 0x08;

/** struct ndmsg of linux/neighbour.h. */
export interface NeighbourHeader {
  readonly family: number;
  readonly index: number;
  readonly state: number;
  readonly flags: number;
  readonly type: number;
}

export const ndmsg: Layout<NeighbourHeader> = layout<NeighbourHeader>({
  family: "u8", // ndm_family
  _pad: 3, // ndm_pad1, ndm_pad2
  index: "i32", // ndm_ifindex
  state: "u16", // ndm_state
  flags: "u8", // ndm_flags
  type: "u8", // ndm_type
});
