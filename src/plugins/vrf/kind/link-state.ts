import { Prefix } from "../../../addr/index.ts";
import { errorText } from "../../../base/index.ts";
import {
  address,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_IPV6_ROUTE,
  route,
} from "../../../kernel/route/index.ts";
import { Errno, ignoring } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { waitFor } from "../../../state/events/index.ts";
import { tryAgain } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import {
  ensureRoute,
  isOfAddress,
  linkFirst,
  ownPart,
  removeRoutes,
  routeText,
  withoutSource,
} from "../../../state/routes/index.ts";

/** Until every address has its route; duplicate address detection takes one or two seconds. */
const ADDRESS_ROUTES_TIMEOUT_MS = 5_000;

/** What a new address may be given of an old one. */
const KEPT_FLAGS = address.IFA_F_NOPREFIXROUTE | address.IFA_F_NODAD;

/** What a link loses when its master changes: the kernel takes it down and up again. */
export interface LinkState {
  readonly index: number;
  /** Global IPv6 addresses; those of IPv4 stay. */
  readonly addresses: readonly address.Address[];
  /** Routes through the link, of every table. */
  readonly routes: readonly route.Route[];
}

/** @param present routes of the container, those of other links too or not */
export function takeState(
  namespaces: Namespaces,
  index: number,
  present: readonly route.Route[] = route.list(namespaces.container, { index }),
): LinkState {
  const routes = present
    .filter((each) => each.table !== route.RT_TABLE_LOCAL && !isOfAddress(each))
    .flatMap((each) => ownPart(each, index)?.route ?? []);
  const isTemporary = (flags: number): boolean => (flags & address.IFA_F_SECONDARY) !== 0;
  const addresses = address
    .list(namespaces.container, { index, family: 6 })
    .filter(({ scope, flags }) => scope === route.RT_SCOPE_UNIVERSE && !isTemporary(flags));
  return { index, addresses, routes };
}

/** Gives a link another master, or none (0). */
export function setMaster(namespaces: Namespaces, index: number, master: number): void {
  namespaces.containerLinks.set(index, { master });
}

/**
 * Adds the addresses that the link has lost. Duplicates were looked for when they were new; looking
 * again would take seconds.
 */
export function restoreAddresses(namespaces: Namespaces, { index, addresses }: LinkState): void {
  const present = address.list(namespaces.container, { index, family: 6 });
  for (const each of addresses) {
    if (present.some(({ prefix }) => prefix.equals(each.prefix))) continue;
    const { prefix, peer, flags, lifetimes, metric } = each;
    const isForEver = lifetimes?.valid === address.INFINITY_LIFE_TIME;
    const spec = { index, prefix, peer, metric, nodad: true, flags: flags & KEPT_FLAGS };
    ignoring([Errno.EEXIST], () =>
      address.add(namespaces.container, {
        ...spec,
        lifetimes: isForEver ? undefined : lifetimes,
      }),
    );
  }
}

/**
 * Waits until each address has the route by which the kernel takes packets to it: before that, no
 * route may name it as source.
 * @throws CniError of code 11 when that takes too long
 */
export async function waitForAddressRoutes(
  namespaces: Namespaces,
  { index, addresses }: LinkState,
  table: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (addresses.length === 0) return;
  const to = addresses.map(({ prefix }) => Prefix.ofHost(prefix.ip));
  const missing = (): address.Address | undefined => {
    const where = ({ type }: route.Route): boolean => type === route.RTN_LOCAL;
    const local = route.list(namespaces.container, { family: 6, table, to, where });
    return addresses.find(({ prefix }) => !local.some(({ dst }) => dst.ip.equals(prefix.ip)));
  };
  const isThere = await waitFor({
    netns: namespaces.netns,
    groups: [RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE],
    look: () => (missing() === undefined ? true : undefined),
    timeoutMs: ADDRESS_ROUTES_TIMEOUT_MS,
    signal,
  });
  if (isThere === true) return;
  throw tryAgain(
    `address ${missing()?.prefix ?? ""} of link ${index} has no route in table ${table} yet`,
  );
}

/**
 * Takes out of a table what still leads through the link: hops of an IPv6 route that other links
 * have a share in outlive the link's going down.
 */
export function clearTable(namespaces: Namespaces, index: number, table: number): void {
  const left = route
    .list(namespaces.container, { table, index, where: (each) => !isOfAddress(each) })
    .flatMap((each) => ownPart(each, index) ?? [])
    .filter(({ movable }) => movable);
  removeRoutes(
    namespaces,
    left.map((each) => each.route),
  );
}

/** Gives the routes back to the link, those of one table in another one. */
export function restoreInto(
  namespaces: Namespaces,
  { routes }: LinkState,
  from: number,
  to: number,
): void {
  for (const each of linkFirst(routes)) {
    const moved = each.table === from ? { ...each, table: to } : inThirdTable(each, to);
    try {
      ensureRoute(namespaces, moved, "last");
    } catch (cause) {
      throw new CniError(
        ErrorCode.IO_FAILURE,
        `could not add route '${routeText(moved)}' to table ${moved.table}: ${errorText(cause)}`,
        { cause },
      );
    }
  }
}

/** A route of a third table, which knows the interface's addresses only outside of a VRF. */
function inThirdTable(each: route.Route, to: number): route.Route {
  return to === route.RT_TABLE_MAIN || each.family === 6 ? each : withoutSource(each);
}
