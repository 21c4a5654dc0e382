import { route } from "../../kernel/route/index.ts";
import { Errno, ignoring } from "../../kernel/sys/index.ts";
import type { Namespaces } from "../namespaces/index.ts";

/** What of a route leads through one link. */
export interface OwnRoute {
  /** The route with the hops through that link only. */
  readonly route: route.Route;
  /** It can be taken away; of an IPv4 route whose hops are several links' it cannot. */
  readonly movable: boolean;
}

/** What of the route leads through the link; undefined when nothing does. */
export function ownPart(entry: route.Route, index: number): OwnRoute | undefined {
  const { multipath } = entry;
  if (multipath === undefined) {
    return entry.index === index ? { route: entry, movable: true } : undefined;
  }
  const own = multipath.filter((hop) => hop.index === index);
  if (own.length === 0) return undefined;
  // The kernel keeps each hop of an IPv6 route as a route of its own.
  const movable = entry.family === 6 || own.length === multipath.length;
  return { route: { ...entry, multipath: own }, movable };
}

/** Types of routes that come and go with the addresses of a link. */
const OF_ADDRESSES: ReadonlySet<number> = new Set([
  route.RTN_LOCAL,
  route.RTN_BROADCAST,
  4, // RTN_ANYCAST
  5, // RTN_MULTICAST
]);

/** Whether the kernel makes and removes the route with an address, in whichever table. */
export function isOfAddress({ type }: route.Route): boolean {
  return OF_ADDRESSES.has(type);
}

/** Routes to links come first, so that the gateways of the others can be reached. */
export function linkFirst(routes: readonly route.Route[]): route.Route[] {
  const hasGateway = (entry: route.Route): boolean => hopsOf(entry).some(({ gateway }) => gateway);
  return [
    ...routes.filter((entry) => !hasGateway(entry)),
    ...routes.filter((entry) => hasGateway(entry)),
  ];
}

/** Where a route leads, whether it has one hop or several. */
export function hopsOf(entry: route.Route): readonly route.Nexthop[] {
  return entry.multipath ?? [entry];
}

/** Whether both lead to the same place in the same way, in whichever table. */
export function isSameRoute(a: route.Route, b: route.Route): boolean {
  return (
    isSamePlace(a, b) &&
    a.type === b.type &&
    String(a.source) === String(b.source) &&
    hopsOf(b).every((wanted) => hopsOf(a).some((hop) => isSameHop(hop, wanted)))
  );
}

/** Whether the kernel takes both for routes to one place, of which the first counts. */
export function isSamePlace(a: route.Route, b: route.Route): boolean {
  return (
    a.dst.equals(b.dst) &&
    a.tos === b.tos &&
    (a.priority ?? 0) === (b.priority ?? 0) &&
    a.family === b.family
  );
}

function isSameHop(a: route.Nexthop, b: route.Nexthop): boolean {
  return a.index === b.index && String(a.gateway) === String(b.gateway);
}

/** Takes routes away; those that are gone already are fine. */
export function removeRoutes(namespaces: Namespaces, routes: readonly route.Route[]): void {
  for (const entry of routes) {
    ignoring([Errno.ESRCH, Errno.ENODEV], () => route.delete(namespaces.container, entry));
  }
}

/**
 * Puts routes back to where they were among those of `before`, a list of the kernel. Those that are
 * there still, or again, stay. Of IPv4 routes to one place only the first counts: a route that was
 * first becomes the first again, one that stood behind another link's becomes the last.
 */
export function restoreRoutes(
  namespaces: Namespaces,
  lost: readonly route.Route[],
  before: readonly route.Route[],
): void {
  const leads = new Set(lost.filter((entry) => wasFirst(entry, before)));
  const others = lost.filter((entry) => !leads.has(entry));
  for (const entry of linkFirst([...[...leads].reverse(), ...others])) {
    ensureRoute(namespaces, entry, leads.has(entry) ? "first" : "last");
  }
}

/** Whether it stood before all other links' routes to the same place, and there were some. */
function wasFirst(entry: route.Route, before: readonly route.Route[]): boolean {
  if (entry.family === 6) return false; // all to one place are one route
  const rivals = before.filter((other) => other.table === entry.table && isSamePlace(other, entry));
  const own = rivals.findIndex((other) => isSameRoute(other, entry));
  const isOthers = (other: route.Route): boolean => other.index !== entry.index;
  return !rivals.slice(0, own).some(isOthers) && rivals.slice(own).some(isOthers);
}

/** Adds a route beside others to the same place; fine when it is there. */
export function ensureRoute(
  namespaces: Namespaces,
  entry: route.RouteSpec,
  at: "first" | "last",
): void {
  const add = at === "first" ? route.addBeside : route.append;
  ignoring([Errno.EEXIST], () => add(namespaces.container, entry));
}

/**
 * The route without the source that it gives to packets. Of an interface in a VRF, the kernel takes
 * such a source in the VRF's table only.
 */
export function withoutSource(entry: route.Route): route.Route {
  const { source: _, ...others } = entry;
  return others;
}

/** A route in words: `default via 10.1.0.1`. */
export function routeText(entry: route.Route): string {
  const to = entry.dst.length === 0 ? `default (IPv${entry.family})` : entry.dst.toString();
  const via = hopsOf(entry).flatMap(({ gateway }) =>
    gateway === undefined ? [] : [`via ${gateway}`],
  );
  return [to, ...via].join(" ");
}
