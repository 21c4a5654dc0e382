import { route, type rule } from "../../kernel/route/index.ts";
import type { Namespaces } from "../namespaces/index.ts";

/** The largest number of a routing table. */
const LAST_TABLE = 0xffffffff;
const RESERVED: readonly number[] = [
  route.RT_TABLE_DEFAULT,
  route.RT_TABLE_MAIN,
  route.RT_TABLE_LOCAL,
];

/** Tables of the container that rules lead to, that hold routes or belong to a VRF, or are reserved. */
export function usedTables(
  namespaces: Namespaces,
  routes: readonly Pick<route.Route, "table">[],
  rules: readonly Pick<rule.Rule, "table">[],
): Set<number> {
  const ofVrfs = namespaces.containerLinks.list({ kind: "vrf" }).map(({ vrf }) => vrf?.table ?? 0);
  return new Set([
    ...RESERVED,
    ...ofVrfs,
    ...routes.map(({ table }) => table),
    ...rules.map(({ table }) => table),
  ]);
}

/** The first number from `first` on that is not in use, which then is. */
export function takeTable(used: Set<number>, first: number): number {
  for (let table = first; table <= LAST_TABLE; table++) {
    if (used.has(table)) continue;
    used.add(table);
    return table;
  }
  throw new RangeError("every routing table is in use");
}
