import { ByteReader } from "../../../bytes/index.ts";
import type { Attributes } from "../../netlink/index.ts";

// linux/rtnetlink.h; qdiscs and filters have them in common.
export const TCA_KIND = 1;
export const TCA_OPTIONS = 2;
export const TCA_STATS = 3;
export const TCA_STATS2 = 7;
export const TCA_CHAIN = 11;

// linux/gen_stats.h, inside TCA_STATS2.
export const TCA_STATS_BASIC = 1;
export const TCA_STATS_QUEUE = 3;

/** What has gone through, counted by the kernel. */
export interface TrafficStats {
  readonly bytes: bigint;
  readonly packets: number;
  /** Packets that wait. */
  readonly queued: number;
  /** Bytes that wait. */
  readonly backlog: number;
  readonly drops: number;
  readonly overlimits: number;
}

/** Reads TCA_STATS2; undefined when it is absent or empty. */
export function decodeStats(stats: Attributes | undefined): TrafficStats | undefined {
  const basic = stats?.bytes(TCA_STATS_BASIC);
  const queue = stats?.bytes(TCA_STATS_QUEUE);
  if (basic === undefined || queue === undefined) {
    return undefined;
  }
  const first = new ByteReader(basic);
  const bytes = first.u64(); // bytes
  const packets = first.u32(); // packets
  const second = new ByteReader(queue);
  const queued = second.u32(); // qlen
  const backlog = second.u32(); // backlog
  const drops = second.u32(); // drops
  second.skip(4); // requeues
  return { bytes, packets, queued, backlog, drops, overlimits: second.u32() }; // overlimits
}
