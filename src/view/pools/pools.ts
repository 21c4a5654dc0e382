import { dirname, normalize } from "node:path";
import type { Ip } from "../../addr/index.ts";
import { defined, errorText } from "../../base/index.ts";
import type { HoldingState } from "../../fleet/index.ts";
import { type Range, showRange, size } from "../../state/reservations/index.ts";
import type { NodeView } from "../attachments/index.ts";
import type { RangeConfig } from "./configs.ts";
import { type Holding, holdingsOf, isLeaked } from "./holding.ts";
import { overlapsOf } from "./overlap.ts";
import { type RangePlace, rangePlace } from "./place.ts";

/** A range of a network, and what is known of its addresses. */
export interface Pool {
  readonly network: string;
  /** The configuration that has the range; absent for one that only attachments have. */
  readonly file?: string;
  /** Where its reservations lie. */
  readonly directory: string;
  /** The place of its range set in the configuration: an attachment has an address of each. */
  readonly set: number;
  readonly range: Range;
  /** Addresses from the first to the last. */
  readonly size: bigint;
  /** Those that are handed out only when asked for: the gateway, and what is excluded. */
  readonly excluded: bigint;
  /** Of the others, those that are reserved. */
  readonly inUse: bigint;
  readonly free: bigint;
  /** Of the excluded ones, those that are reserved, because they were asked for. */
  readonly requested: bigint;
  /** Reserved for what is not attached any more. */
  readonly leaked: readonly Holding[];
  /** Where the search for a free address goes on. */
  readonly last?: Ip;
  /** Of a fleet's network: what this node may do with the range. Of what is not held none is given. */
  readonly holding?: HoldingState;
  /** Ranges of other networks that have addresses of this one. */
  readonly overlaps: readonly PoolName[];
}

/** Names a range. */
export interface PoolName {
  readonly network: string;
  /** `10.1.0.1-10.1.0.6` */
  readonly range: string;
}

/** All ranges of a node. */
export interface PoolReport {
  readonly pools: readonly Pool[];
  /** Reservations of networks that have no range with the address. */
  readonly strays: readonly Holding[];
  /** What could not be read, a line each. */
  readonly problems: readonly string[];
}

/** A network's directory of reservations with each range that hands out addresses there. */
interface Directory {
  readonly network: string;
  readonly path: string;
  readonly ranges: PlacedRange[];
}

interface PlacedRange {
  readonly file: string | undefined;
  readonly set: number;
  readonly range: Range;
  readonly last: Ip | undefined;
  readonly holding: HoldingState | undefined;
}

/** Looks at the ranges of these configurations; of those that say the same, one is looked at. */
export function lookAtPools(configs: readonly RangeConfig[], view: NodeView): PoolReport {
  const problems: string[] = [];
  const byDirectory = Map.groupBy(holdingsOf(view), ({ path }) => dirname(path));
  const directories = directoriesOf(configs, problems);
  const pools = directories.flatMap((directory) =>
    directory.ranges.map((each) => poolOf(directory, each, byDirectory.get(directory.path) ?? [])),
  );
  const strays = directories.flatMap(({ path, ranges }) =>
    (byDirectory.get(path) ?? []).filter(
      ({ ip }) => !ranges.some(({ range }) => isWithin(range, ip)),
    ),
  );
  return { pools: withOverlaps(pools), strays, problems };
}

/** How full a range is, from 0 to 100; a range that hands out nothing is full. */
export function percentOf({ inUse, free }: Pick<Pool, "inUse" | "free">): number {
  const all = inUse + free;
  return all === 0n ? 100 : Number((inUse * 1000n) / all) / 10;
}

/** Fuller than this is nearly full. */
const NEARLY = 90;

/** Undefined for a range that has room. */
export function fullness({
  holding,
  ...pool
}: Pick<Pool, "inUse" | "free" | "holding">): "full" | "nearly full" | undefined {
  // A node of a fleet fetches the next block when one is nearly full.
  if (holding !== undefined) return undefined;
  if (pool.free === 0n) return "full";
  return percentOf(pool) >= NEARLY ? "nearly full" : undefined;
}

function directoriesOf(configs: readonly RangeConfig[], problems: string[]): Directory[] {
  const directories = new Map<string, Directory>();
  for (const { network, config, file } of configs) {
    let place: RangePlace;
    try {
      place = rangePlace({ network, config });
    } catch (error) {
      problems.push(`network ${network}: ${errorText(error)}`);
      continue;
    }
    const { sets, last, states } = place;
    const path = normalize(place.path);
    const directory = directories.get(path) ?? { network, path, ranges: [] };
    directories.set(path, directory);
    for (const [set, ranges] of sets.entries()) {
      for (const [at, range] of ranges.entries()) {
        if (directory.ranges.some((each) => isSameRange(each.range, range))) continue;
        directory.ranges.push({ file, set, range, last: last[set], holding: states?.[set]?.[at] });
      }
    }
  }
  return [...directories.values()].sort((one, other) => (one.network < other.network ? -1 : 1));
}

function isSameRange(one: Range, other: Range): boolean {
  return one.start.equals(other.start) && one.end.equals(other.end);
}

function poolOf({ network, path }: Directory, placed: PlacedRange, all: readonly Holding[]): Pool {
  const { file, set, range, last, holding } = placed;
  const mine = all.filter(({ ip }) => isWithin(range, ip));
  const excluded = range.excluded.reduce((sum, { from, to }) => sum + to - from + 1n, 0n);
  const requested = BigInt(mine.filter(({ ip }) => isExcluded(range, ip)).length);
  const inUse = BigInt(mine.length) - requested;
  const free = size(range) - excluded - inUse;
  const isLast = last !== undefined && isWithin(range, last);
  return {
    ...{
      network,
      directory: path,
      set,
      range,
      size: size(range),
      excluded,
      inUse,
      free,
      requested,
    },
    ...defined({ file, holding, last: isLast ? last : undefined }),
    leaked: mine.filter(isLeaked),
    overlaps: [],
  };
}

function withOverlaps(pools: readonly Pool[]): Pool[] {
  const overlaps = overlapsOf(pools);
  return pools.map((pool) => {
    const others = overlaps.get(pool) ?? [];
    const names = others.map(({ network, range }) => ({ network, range: showRange(range) }));
    return { ...pool, overlaps: names };
  });
}

/** Whether an address lies between the first and the last of a range. */
export function isWithin({ start, end }: Range, ip: Ip): boolean {
  return start.family === ip.family && start.compare(ip) <= 0 && ip.compare(end) <= 0;
}

/** Whether an address of a range is handed out only when asked for. */
export function isExcluded({ excluded }: Range, ip: Ip): boolean {
  const number = ip.toBigInt();
  return excluded.some(({ from, to }) => from <= number && number <= to);
}
