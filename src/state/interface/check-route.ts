import { Ip, Prefix } from "../../addr/index.ts";
import { route } from "../../kernel/route/index.ts";
import type { Route } from "../../spec/index.ts";

/**
 * What is wrong with a promised route, in words; undefined when it is there. Later plugins of a
 * chain may move a route out of the main table, so one that names no table counts wherever it is.
 */
export function routeDifference(
  wanted: Route,
  existing: readonly route.Route[],
  index: number,
): string | undefined {
  const candidates = existing.filter((entry) => leadsThere(entry, wanted, index));
  const inTable = candidates.filter(
    ({ table }) => wanted.table === undefined || table === (wanted.table || route.RT_TABLE_MAIN),
  );
  const differences = inTable.map((entry) => attributeDifference(entry, wanted));
  if (differences.some((difference) => difference === undefined)) return undefined;
  if (differences.length > 0) return differences[0];
  const [elsewhere] = candidates;
  if (elsewhere === undefined) return "is missing in the container";
  return `is in table ${elsewhere.table}, not in ${wanted.table}`;
}

/** Routes that lead where a promised one does, in its table, and have other attributes. */
export function changedRoutes(
  wanted: Route,
  existing: readonly route.Route[],
  index: number,
): route.Route[] {
  return existing.filter(
    (entry) =>
      leadsThere(entry, wanted, index) &&
      entry.multipath === undefined &&
      entry.table === (wanted.table || route.RT_TABLE_MAIN) &&
      attributeDifference(entry, wanted) !== undefined,
  );
}

function leadsThere(entry: route.Route, wanted: Route, index: number): boolean {
  if (!entry.dst.equals(Prefix.parse(wanted.dst).network())) return false;
  const gateway = wanted.gw === undefined ? undefined : Ip.parse(wanted.gw);
  const hops = entry.multipath ?? [entry];
  return hops.some(
    (hop) =>
      hop.index === index && (gateway === undefined || hop.gateway?.equals(gateway) === true),
  );
}

/** Zero asks for the kernel's own choice, which only the kernel knows. */
function attributeDifference(entry: route.Route, wanted: Route): string | undefined {
  const isV4 = entry.family === 4;
  const attributes = [
    ["priority", wanted.priority, entry.priority ?? 0],
    ["MTU", wanted.mtu, entry.mtu ?? 0],
    ["advmss", wanted.advmss, entry.advmss ?? 0],
    // IPv6 has no scopes of routes.
    ["scope", isV4 ? wanted.scope : undefined, entry.scope],
  ] as const;
  const other = attributes.find(
    ([name, promised, real]) =>
      promised !== undefined && promised !== real && !(promised === 0 && name !== "scope"),
  );
  return other && `has ${other[0]} ${other[2]}, not ${other[1]}`;
}
