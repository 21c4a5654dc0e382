import type { CallForm, CallGroupForm } from "../../forms/index.ts";

/** A call of a plugin, wherever it stands in the calls of a runtime. */
export interface TimedCall {
  readonly group: CallGroupForm;
  readonly call: CallForm;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** All calls of plugins in some groups, delegates among them. */
export function timedCalls(groups: readonly CallGroupForm[]): TimedCall[] {
  return groups.flatMap((group) => {
    const time = Date.parse(group.time);
    return withDelegates(group.calls).map((call) => ({ group, call, time }));
  });
}

function withDelegates(calls: readonly CallForm[]): CallForm[] {
  return calls.flatMap((call) => [call, ...withDelegates(call.calls ?? [])]);
}

export function hasFailed({ error, exitCode }: CallForm): boolean {
  return error !== undefined || exitCode !== 0;
}

/** How long the calls of one plugin took, by operation. */
export interface PluginStats {
  readonly plugin: string;
  readonly operation: string;
  readonly count: number;
  readonly failed: number;
  readonly median: number;
  /** So long or less took 95 of 100. */
  readonly p95: number;
  readonly max: number;
}

/** By plugin in the order of their names, ADD before DEL before others. */
export function pluginStats(calls: readonly TimedCall[]): PluginStats[] {
  const byKey = grouped(calls, ({ call }) => JSON.stringify([call.plugin, call.operation]));
  return [...byKey.values()].map(statsOf).sort((one, other) => {
    return compare(one.plugin, other.plugin) || compareOperations(one.operation, other.operation);
  });
}

function statsOf(calls: readonly TimedCall[]): PluginStats {
  const times = calls.map(({ call }) => call.ms).sort((one, other) => one - other);
  const { plugin = "", operation = "" } = calls[0]?.call ?? {};
  return {
    ...{ plugin, operation, count: calls.length },
    failed: calls.filter(({ call }) => hasFailed(call)).length,
    ...{ median: quantile(times, 0.5), p95: quantile(times, 0.95), max: times.at(-1) ?? 0 },
  };
}

/** Of sorted numbers, the smallest that so many of them do not exceed. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
}

const OPERATIONS: readonly string[] = ["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION"];

function compareOperations(one: string, other: string): number {
  return OPERATIONS.indexOf(one) - OPERATIONS.indexOf(other) || compare(one, other);
}

function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one === other ? 0 : 1;
}

/** Errors of one code. */
export interface ErrorStats {
  readonly code: number;
  readonly count: number;
  readonly plugins: readonly string[];
  /** Of the newest. */
  readonly msg: string;
  readonly newest: TimedCall;
}

/** Errors by their codes, the most frequent first; an error that a delegate's caller passes on counts once. */
export function errorStats(calls: readonly TimedCall[]): ErrorStats[] {
  const failed = calls.filter(({ call }) => {
    return (
      call.error !== undefined &&
      !(call.calls ?? []).some((each) => each.error?.code === call.error?.code)
    );
  });
  return [...grouped(failed, ({ call }) => call.error?.code ?? 0)]
    .flatMap(([code, own]): ErrorStats[] => {
      const newest = own.reduce((one, other) => (other.time > one.time ? other : one));
      const plugins = [...new Set(own.map(({ call }) => call.plugin))].sort();
      return [{ code, count: own.length, plugins, msg: newest.call.error?.msg ?? "", newest }];
    })
    .sort((one, other) => other.count - one.count || one.code - other.code);
}

/** The groups that took longest. */
export function slowest(groups: readonly CallGroupForm[], max: number): CallGroupForm[] {
  return groups.toSorted((one, other) => other.ms - one.ms).slice(0, max);
}

/** The ADDs and DELs of one plugin as points over time: seconds since 1970, and milliseconds of each. */
export interface Points {
  readonly plugin: string;
  readonly times: readonly number[];
  readonly adds: readonly (number | null)[];
  readonly dels: readonly (number | null)[];
  readonly longest: number;
}

export function pointsByPlugin(calls: readonly TimedCall[]): Points[] {
  const drawn = calls.filter(({ call }) => call.operation === "ADD" || call.operation === "DEL");
  return [...grouped(drawn, ({ call }) => call.plugin)]
    .map(([plugin, own]) => {
      const sorted = own.toSorted((one, other) => one.time - other.time);
      const of = (operation: string): (number | null)[] => {
        return sorted.map(({ call }) => (call.operation === operation ? call.ms : null));
      };
      return {
        ...{
          plugin,
          times: sorted.map(({ time }) => time / 1000),
          adds: of("ADD"),
          dels: of("DEL"),
        },
        longest: Math.max(...sorted.map(({ call }) => call.ms)),
      };
    })
    .sort((one, other) => compare(one.plugin, other.plugin));
}
