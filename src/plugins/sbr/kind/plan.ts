import { type Family, type Ip, Prefix } from "../../../addr/index.ts";
import { type link, route, rule } from "../../../kernel/route/index.ts";
import { invalidConfig } from "../../../spec/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import {
  hopsOf,
  isOfAddress,
  isSamePlace,
  linkFirst,
  type OwnRoute,
  ownPart,
  takeTable,
  usedTables,
  withoutSource,
} from "../../../state/routes/index.ts";
import type { Entry, SourceTable } from "./entries.ts";

/** An address of the interface, with the gateway that IPAM named for it. */
export interface SourceAddress {
  readonly prefix: Prefix;
  readonly gateway: Ip | undefined;
}

/** How packets are led by the address that they start from. */
export interface SourceWanted {
  /** Every address of the interface gets a rule. */
  readonly addresses: readonly SourceAddress[];
  /** A table that another program fills: then there are rules and nothing else. */
  readonly table: number | undefined;
  /** In place of the gateways that IPAM named. */
  readonly gateways: ReadonlyMap<Family, Ip>;
  /** Routes to the interface's own networks stay in the main table, with their source. */
  readonly sourceHints: boolean;
}

/** The first table that is given to an address. */
export const FIRST_TABLE = 100;
/** The metric of an IPv6 route that was made without one. */
const IP6_RT_PRIO_USER = 1024;
/** The destination of a default route. */
export const DEFAULTS: Readonly<Record<Family, Prefix>> = {
  4: Prefix.parse("0.0.0.0/0"),
  6: Prefix.parse("::/0"),
};

/** What ADD is going to make, and what there was before. */
export interface Plan {
  readonly entry: Entry;
  /** Every route of the container, in the kernel's order. */
  readonly before: readonly route.Route[];
  readonly rulesBefore: readonly rule.Rule[];
}

/** Looks at the container, and touches nothing. The lock on the namespace has to be held. */
export function makePlan(namespaces: Namespaces, wanted: SourceWanted, own: link.Link): Plan {
  const { addresses, table } = wanted;
  const rulesBefore = rule.list(namespaces.container);
  if (table !== undefined) {
    const tables = addresses.map(({ prefix }) => ({ from: prefix.ip, table, routes: [] }));
    const entry = { explicit: true, index: own.index, tables, moved: [], hints: [] };
    return { entry, before: [], rulesBefore };
  }
  const before = route.list(namespaces.container);
  const main = homeTable(namespaces, own);
  const routes = before
    .filter((each) => each.table === main && !isOfAddress(each))
    .flatMap((each) => ownPart(each, own.index) ?? [])
    .filter((each) => owners(each.route, addresses).length > 0);
  const used = usedTables(namespaces, before, rulesBefore);
  const tables = addresses.map((address): SourceTable => {
    const number = takeTable(used, FIRST_TABLE);
    const content = contentOf(wanted, address, routes, own.index);
    const inTable = content.map((each) => {
      // The rule goes by the source anyway.
      const allowed = main === route.RT_TABLE_MAIN ? each : withoutSource(each);
      return { ...allowed, table: number };
    });
    return { from: address.prefix.ip, table: number, routes: linkFirst(inTable) };
  });
  // A VRF keeps its routes apart from the others' anyway, and is another plugin's.
  const change =
    main === route.RT_TABLE_MAIN ? mainChange(wanted, routes) : { moved: [], hints: [] };
  return { entry: { explicit: false, index: own.index, tables, ...change }, before, rulesBefore };
}

/** The table that the interface's own routes are in: the main one, or that of its VRF. */
function homeTable(namespaces: Namespaces, own: link.Link): number {
  if (own.master === undefined) return route.RT_TABLE_MAIN;
  return namespaces.containerLinks.get(own.master)?.vrf?.table ?? route.RT_TABLE_MAIN;
}

/**
 * The addresses whose packets the route is for: those of its network by its source or gateway;
 * when it has neither, or a gateway of no network, every one of its family. None when its source
 * is an address that the result does not list.
 */
function owners(entry: route.Route, addresses: readonly SourceAddress[]): SourceAddress[] {
  const family = addresses.filter(({ prefix }) => prefix.family === entry.family);
  const { source } = entry;
  if (source !== undefined) return family.filter(({ prefix }) => contains(prefix, source));
  const gateways = hopsOf(entry).flatMap(({ gateway }) => gateway ?? []);
  const near = family.filter(({ prefix }) => gateways.some((gateway) => contains(prefix, gateway)));
  return near.length === 0 ? family : near;
}

function contains(prefix: Prefix, ip: Ip): boolean {
  return prefix.family === ip.family && prefix.contains(ip);
}

/** The routes of one address's table. */
function contentOf(
  wanted: SourceWanted,
  address: SourceAddress,
  routes: readonly OwnRoute[],
  index: number,
): route.Route[] {
  const { family } = address.prefix;
  const fixed = wanted.gateways.get(family);
  const copied = routes
    .map((each) => each.route)
    .filter((each) => owners(each, wanted.addresses).includes(address))
    // A gateway that the configuration names is meant to be the one.
    .filter((each) => fixed === undefined || each.dst.length > 0);
  const gateway = fixed ?? address.gateway;
  if (gateway === undefined) return copied;
  if (gateway.family !== family) {
    throw invalidConfig(`gateway ${gateway} of address ${address.prefix} is of the other family`);
  }
  const added = defaultRoute(family, gateway, index);
  return copied.some((each) => isSamePlace(each, added)) ? copied : [...copied, added];
}

function defaultRoute(family: Family, gateway: Ip, index: number): route.Route {
  return {
    family,
    dst: DEFAULTS[family],
    gateway,
    index,
    onlink: false,
    table: route.RT_TABLE_MAIN,
    scope: route.RT_SCOPE_UNIVERSE,
    protocol: route.RTPROT_BOOT,
    type: route.RTN_UNICAST,
    tos: 0,
    flags: 0,
    extra: [],
    ...(family === 6 ? { priority: IP6_RT_PRIO_USER } : {}),
  };
}

/** What leaves the main table, and what comes into it. */
function mainChange(
  { addresses, sourceHints }: SourceWanted,
  routes: readonly OwnRoute[],
): Pick<Entry, "moved" | "hints"> {
  // Each link has a route to fe80::/64, and it is for packets that name their link.
  const leaving = routes
    .filter(({ route: each, movable }) => movable && !each.dst.ip.isLinkLocal)
    .map((each) => each.route);
  if (!sourceHints) return { moved: leaving, hints: [] };
  const moved: route.Route[] = [];
  const hints: route.Route[] = [];
  for (const each of leaving) {
    const isOfLink = hopsOf(each).every(({ gateway }) => gateway === undefined);
    const source = addresses.find(({ prefix }) => prefix.network().equals(each.dst))?.prefix.ip;
    if (isOfLink && (source === undefined || each.source !== undefined)) continue;
    moved.push(each);
    if (isOfLink && source !== undefined) hints.push({ ...each, source });
  }
  return { moved, hints };
}
