import { type Layout, layout } from "../../../bytes/index.ts";

// linux/pkt_sched.h
export const TC_H_ROOT = 0xffffffff;
/** Where an `ingress` or `clsact` qdisc hangs. */
export const TC_H_INGRESS = 0xfffffff1;
/** Where filters of a `clsact` qdisc hang: of what comes in, and of what goes out. */
export const TC_H_CLSACT_INGRESS = 0xfffffff2;
export const TC_H_CLSACT_EGRESS = 0xfffffff3;

/** struct tcmsg of linux/rtnetlink.h; qdiscs and filters have it in common. */
export interface TrafficHeader {
  readonly family: number;
  readonly index: number;
  readonly handle: number;
  readonly parent: number;
  readonly info: number;
}

export const tcmsg: Layout<TrafficHeader> = layout<TrafficHeader>({
  family: "u8", // tcm_family
  _pad: 3, // tcm__pad1, tcm__pad2
  index: "i32", // tcm_ifindex
  handle: "u32", // tcm_handle
  parent: "u32", // tcm_parent
  info: "u32", // tcm_info
});

/** A handle of its two halves: `1:` is (1, 0), `ffff:` is (0xffff, 0). */
export function handleOf(major: number, minor: number): number {
  return major * 0x10000 + minor;
}

/** A handle as `tc` writes it: `1:`, `ffff:fff1`; "root" for TC_H_ROOT. */
export function handleText(handle: number): string {
  if (handle === TC_H_ROOT) return "root";
  const minor = handle & 0xffff;
  return `${(handle >>> 16).toString(16)}:${minor === 0 ? "" : minor.toString(16)}`;
}
