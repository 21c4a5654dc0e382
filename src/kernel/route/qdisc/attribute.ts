import { type Layout, layout } from "../../../bytes/index.ts";
import {
  type AttributeTable,
  attributes,
  bytes,
  cString,
  nest,
  struct,
  u32,
} from "../../netlink/index.ts";

// linux/rtnetlink.h; qdiscs and filters have them in common.
const TCA_KIND = 1;
export const TCA_OPTIONS = 2;
const TCA_STATS = 3;
const TCA_STATS2 = 7;
const TCA_CHAIN = 11;

// linux/gen_stats.h, inside TCA_STATS2.
const TCA_STATS_BASIC = 1;
const TCA_STATS_QUEUE = 3;

/** What has gone through, counted by the kernel. */
export interface TrafficStats extends BasicStats, QueueStats {}

/** struct gnet_stats_basic of linux/gen_stats.h. */
interface BasicStats {
  readonly bytes: bigint;
  readonly packets: number;
}

/** struct gnet_stats_queue of linux/gen_stats.h. */
interface QueueStats {
  /** Packets that wait. */
  readonly queued: number;
  /** Bytes that wait. */
  readonly backlog: number;
  readonly drops: number;
  readonly overlimits: number;
}

interface StatsTable {
  readonly basic: BasicStats;
  readonly queue: QueueStats;
}

const gnetStatsBasic: Layout<BasicStats> = layout<BasicStats>({ bytes: "u64", packets: "u32" });
const gnetStatsQueue: Layout<QueueStats> = layout<QueueStats>({
  queued: "u32", // qlen
  backlog: "u32", // backlog
  drops: "u32", // drops
  _requeues: 4, // requeues
  overlimits: "u32", // overlimits
});

const statsTable = attributes<StatsTable>({
  basic: struct(TCA_STATS_BASIC, gnetStatsBasic),
  queue: struct(TCA_STATS_QUEUE, gnetStatsQueue),
});

/** The attributes of a message of qdiscs or filters. */
interface TrafficTable {
  readonly kind?: string | undefined;
  readonly options?: Uint8Array | undefined;
  readonly stats?: Partial<StatsTable>;
  readonly chain?: number;
}

export const trafficTable: AttributeTable<TrafficTable> = attributes<TrafficTable>(
  {
    kind: cString(TCA_KIND),
    options: bytes(TCA_OPTIONS),
    stats: nest(TCA_STATS2, statsTable),
    chain: u32(TCA_CHAIN),
  },
  [TCA_STATS],
);

/** The counts of TCA_STATS2; undefined when it is absent or empty. */
export function trafficStats(stats: Partial<StatsTable> | undefined): TrafficStats | undefined {
  if (stats?.basic === undefined || stats.queue === undefined) return undefined;
  return { ...stats.basic, ...stats.queue };
}
