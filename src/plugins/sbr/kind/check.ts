import type { Prefix } from "../../../addr/index.ts";
import { type link, route, rule } from "../../../kernel/route/index.ts";
import { differs, missingInContainer, type Scene } from "../../../state/index.ts";
import {
  hopsOf,
  isSameRoute,
  ownPart,
  routeText,
  withoutSource,
} from "../../../state/routes/index.ts";
import type { Entry, SourceTable } from "./entries.ts";
import { DEFAULTS, type SourceWanted } from "./plan.ts";
import { isRuleOf } from "./rules.ts";

/**
 * CHECK: every rule and every route, by the entries of ADD; without entries by the configuration.
 * Of the container's rules and routes, which may be any number, only those in question are kept.
 */
export function checkSourceRouting(
  { namespaces, owner: { ifName } }: Scene,
  wanted: SourceWanted,
  entries: readonly Entry[],
): void {
  const { addresses, table } = wanted;
  const own = namespaces.containerLinks.get({ name: ifName });
  if (own === undefined) throw missingInContainer(ifName);
  const noted = entries.filter(({ explicit }) => explicit === (table !== undefined));
  const sources = new Set(addresses.map(({ prefix }) => prefix.ip.toString()));
  const rules = rule.list(namespaces.container, {
    where: ({ from }) => from !== undefined && sources.has(from.ip.toString()),
  });
  const to = [...destinationsOf(noted), ...Object.values(DEFAULTS)];
  const routes = route.list(namespaces.container, { index: own.index, to });
  const tables = noted.flatMap((each) => each.tables);
  for (const { prefix } of addresses) {
    const promised = tables.find(({ from }) => from.equals(prefix.ip));
    const used = checkRule(ifName, rules, prefix.ip, table ?? promised?.table);
    if (table === undefined && promised === undefined) {
      checkGateway(ifName, wanted, routes, { from: prefix.ip, table: used });
    }
  }
  for (const each of tables) checkTableRoutes(routes, each.routes, own);
  for (const { moved, hints } of noted) {
    const away = moved.filter((each) => !hints.some((hint) => isSameRoute(hint, each)));
    checkMain(routes, away, own);
    checkTableRoutes(routes, hints, own);
  }
}

function destinationsOf(entries: readonly Entry[]): Prefix[] {
  const routes = entries.flatMap(({ tables, moved, hints }) => [
    ...tables.flatMap((each) => each.routes),
    ...moved,
    ...hints,
  ]);
  return routes.map(({ dst }) => dst);
}

/** Gives the table that the rule leads to. */
function checkRule(
  ifName: string,
  rules: readonly rule.Rule[],
  from: SourceTable["from"],
  table: number | undefined,
): number {
  const found = rules.find((each) => isRuleOf(each, { from, table: table ?? each.table }));
  if (found !== undefined) return found.table;
  const where = table === undefined ? "any table" : `table ${table}`;
  throw differs(`the rule from ${from} (${ifName}) to ${where} is missing in the container`);
}

function checkTableRoutes(
  routes: readonly route.Route[],
  wanted: readonly route.Route[],
  own: link.Link,
): void {
  for (const each of wanted) {
    const found = routes.some((entry) => {
      const part = entry.table === each.table ? ownPart(entry, own.index) : undefined;
      if (part === undefined) return false;
      // A VRF that the interface has joined since takes the source off.
      return isSameRoute(part.route, each) || isSameRoute(part.route, withoutSource(each));
    });
    if (found) continue;
    throw differs(`route ${routeText(each)} of ${own.name} is missing in table ${each.table}`);
  }
}

/** What was moved must not have come back. */
function checkMain(
  routes: readonly route.Route[],
  moved: readonly route.Route[],
  own: link.Link,
): void {
  for (const each of moved) {
    if (each.protocol === route.RTPROT_RA) continue; // routers announce them again
    const isBack = routes.some((entry) => {
      const part = entry.table === each.table ? ownPart(entry, own.index) : undefined;
      return part !== undefined && isSameRoute(part.route, each);
    });
    if (isBack) throw differs(`route ${routeText(each)} of ${own.name} is in the main table again`);
  }
}

/** After an ADD of the Go plugin there are no notes, but the default route is known. */
function checkGateway(
  ifName: string,
  { addresses, gateways }: SourceWanted,
  routes: readonly route.Route[],
  { from, table }: Pick<SourceTable, "from" | "table">,
): void {
  const named = addresses.find(({ prefix }) => prefix.ip.equals(from))?.gateway;
  const gateway = gateways.get(from.family) ?? named;
  if (gateway === undefined) return;
  const found = routes.some(
    (each) =>
      each.table === table &&
      each.dst.length === 0 &&
      hopsOf(each).some((hop) => hop.gateway?.equals(gateway) === true),
  );
  if (found) return;
  throw differs(`default route via ${gateway} (${ifName}) is missing in table ${table}`);
}
