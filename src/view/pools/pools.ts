import type { Ip } from "../../addr/index.ts";
import { defined, errorText } from "../../base/index.ts";
import {
  type PoolPlace,
  poolPlace,
  type Range,
  reservationsIn,
  showRange,
  size,
} from "../../plugins/host-local/index.ts";
import type { RangeConfig } from "./configs.ts";
import { type Attached, type Holding, isLeaked } from "./holding.ts";
import { overlapsOf } from "./overlap.ts";

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
  /** Ranges of other networks that have addresses of this one. */
  readonly overlaps: readonly PoolName[];
}

/** Names a range. */
export interface PoolName {
  readonly network: string;
  /** `10.1.0.1-10.1.0.6` */
  readonly range: string;
}

/** A reservation in the directory of a network that has no range with its address. */
export interface Stray extends Holding {
  readonly network: string;
}

/** All ranges of a node. */
export interface PoolReport {
  readonly pools: readonly Pool[];
  readonly strays: readonly Stray[];
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
}

/** Looks at the ranges of these configurations; of those that say the same, one is looked at. */
export async function lookAtPools(
  configs: readonly RangeConfig[],
  attached: Attached,
): Promise<PoolReport> {
  const problems: string[] = [];
  const pools: Pool[] = [];
  const strays: Stray[] = [];
  for (const directory of directoriesOf(configs, problems)) {
    try {
      const reserved = await reservationsIn(directory.path);
      const holdings = reserved.map((each) => attached.judge(directory.network, each));
      pools.push(...directory.ranges.map((placed) => poolOf(directory, placed, holdings)));
      strays.push(...straysOf(directory, holdings));
    } catch (error) {
      problems.push(`network ${directory.network}: ${errorText(error)}`);
    }
  }
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
export function fullness(pool: Pick<Pool, "inUse" | "free">): "full" | "nearly full" | undefined {
  if (pool.free === 0n) return "full";
  return percentOf(pool) >= NEARLY ? "nearly full" : undefined;
}

function directoriesOf(configs: readonly RangeConfig[], problems: string[]): Directory[] {
  const directories = new Map<string, Directory>();
  for (const { network, config, file } of configs) {
    let place: PoolPlace;
    try {
      place = poolPlace({ network, config });
    } catch (error) {
      problems.push(`network ${network}: ${errorText(error)}`);
      continue;
    }
    const { path, sets, last } = place;
    const directory = directories.get(path) ?? { network, path, ranges: [] };
    directories.set(path, directory);
    for (const [set, ranges] of sets.entries()) {
      for (const range of ranges) {
        if (directory.ranges.some((each) => isSameRange(each.range, range))) continue;
        directory.ranges.push({ file, set, range, last: last[set] });
      }
    }
  }
  return [...directories.values()].sort((one, other) => (one.network < other.network ? -1 : 1));
}

function isSameRange(one: Range, other: Range): boolean {
  return one.start.equals(other.start) && one.end.equals(other.end);
}

function poolOf({ network, path }: Directory, placed: PlacedRange, all: readonly Holding[]): Pool {
  const { file, set, range, last } = placed;
  const mine = all.filter(({ reservation }) => isWithin(range, reservation.ip));
  const excluded = range.excluded.reduce((sum, { from, to }) => sum + to - from + 1n, 0n);
  const requested = BigInt(
    mine.filter(({ reservation }) => isExcluded(range, reservation.ip)).length,
  );
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
    ...defined({ file, last: isLast ? last : undefined }),
    leaked: mine.filter(isLeaked),
    overlaps: [],
  };
}

function straysOf({ network, ranges }: Directory, holdings: readonly Holding[]): Stray[] {
  return holdings
    .filter(({ reservation }) => !ranges.some(({ range }) => isWithin(range, reservation.ip)))
    .map((holding) => ({ network, ...holding }));
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
