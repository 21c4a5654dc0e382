import { type link, route, rule } from "../../../kernel/route/index.ts";
import { differs } from "../../../state/index.ts";
import {
  hopsOf,
  isSameRoute,
  ownPart,
  routeText,
  withoutSource,
} from "../../../state/routes/index.ts";
import type { SourceRouting } from "./config.ts";
import { isRuleOf } from "./parts.ts";
import type { Entry, SourceTable } from "./record.ts";

/** Routes that routers announce come back by themselves (RTPROT_RA of linux/rtnetlink.h). */
const RTPROT_RA = 9;

/** CHECK: every rule and every route, by the notes of ADD; without notes by the configuration. */
export function checkSourceRouting(config: SourceRouting, entries: readonly Entry[]): void {
  const { namespaces, owner, addresses, table } = config;
  const own = namespaces.containerLinks.get({ name: owner.ifName });
  if (own === undefined) throw differs(`interface ${owner.ifName} is missing in the container`);
  const rules = rule.list(namespaces.container);
  const routes = route.list(namespaces.container);
  const noted = entries.filter(({ explicit }) => explicit === (table !== undefined));
  const tables = noted.flatMap((each) => each.tables);
  for (const { prefix } of addresses) {
    const promised = tables.find(({ from }) => from.equals(prefix.ip));
    const used = checkRule(config, rules, prefix.ip, table ?? promised?.table);
    if (table === undefined && promised === undefined)
      checkGateway(config, routes, prefix.ip, used);
  }
  for (const each of tables) checkTableRoutes(routes, each.routes, own);
  for (const { moved, hints } of noted) {
    checkMain(
      routes,
      moved.filter((each) => !isHint(each, hints)),
      own,
    );
    checkTableRoutes(routes, hints, own);
  }
}

/** Gives the table that the rule leads to. */
function checkRule(
  { owner }: SourceRouting,
  rules: readonly rule.Rule[],
  from: SourceTable["from"],
  table: number | undefined,
): number {
  const found = rules.find((each) => isRuleOf(each, { from, table: table ?? each.table }));
  if (found !== undefined) return found.table;
  const where = table === undefined ? "any table" : `table ${table}`;
  throw differs(`the rule from ${from} (${owner.ifName}) to ${where} is missing in the container`);
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
    if (!found)
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
    if (each.protocol === RTPROT_RA) continue;
    const isBack = routes.some((entry) => {
      const part = entry.table === each.table ? ownPart(entry, own.index) : undefined;
      return part !== undefined && isSameRoute(part.route, each);
    });
    if (isBack) throw differs(`route ${routeText(each)} of ${own.name} is in the main table again`);
  }
}

function isHint(each: route.Route, hints: readonly route.Route[]): boolean {
  return hints.some((hint) => isSameRoute(hint, each));
}

/** After an ADD of the Go plugin there are no notes, but the default route is known. */
function checkGateway(
  { addresses, gateways, owner }: SourceRouting,
  routes: readonly route.Route[],
  from: SourceTable["from"],
  table: number,
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
  if (!found)
    throw differs(`default route via ${gateway} (${owner.ifName}) is missing in table ${table}`);
}
