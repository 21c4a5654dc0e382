import { type Ip, Prefix } from "../../../addr/index.ts";
import type { NetlinkRequest } from "../../../kernel/netlink/index.ts";
import { address, link, route } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import type { CniError } from "../../../spec/index.ts";
import { differs, enableIpv6, type Kind, kindOf, made, tryAgain } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { ROUTE_PROTOCOL } from "../../../state/overlay-routes/index.ts";
import { ownHostLinks } from "../../../state/veth/index.ts";

/** An address of the container, and the one by which the host is its gateway. */
export interface Reachable {
  readonly ip: Ip;
  readonly gateway: Ip;
}

/** What the host's end of a pair needs, so that the two ends are a network of their own. */
interface WantedHostEnd {
  /** The host's end as the kernel has it. */
  readonly link: () => link.Link;
  /** Known once IPAM has spoken. */
  readonly reachable: () => readonly Reachable[];
  /**
   * The addresses are a fleet's. One that came from another node has that node's route still, until the overlay
   * has heard of it: the container's takes its place.
   */
  readonly isOfFleet?: boolean;
}

/**
 * The host's end up, with each gateway as an address of its own, and a route to each address of the
 * container. All of it goes with the link; DEL silences the end before the address is given back.
 */
export const hostEnd: Kind<WantedHostEnd> = kindOf({
  name: "host's end",

  describe(_scene, { reachable }) {
    const list = reachable();
    if (list.length === 0) return "the gateway's address, and a route to the container";
    const gateways = gatewaysOf(list).map(String).join(", ");
    return `${gateways} on the host, routes to ${list.map(({ ip }) => ip.toString()).join(", ")}`;
  },

  compare({ namespaces }, { reachable, isOfFleet }) {
    const wanted = routesTo(reachable(), 0);
    const others = { namespaces, isOfFleet };
    const refusal = wanted.length === 0 ? undefined : takenRoute(others, wanted);
    if (refusal !== undefined) throw refusal;
    return made();
  },

  apply({ namespaces }, wanted, rollback) {
    const { index, name } = wanted.link();
    const list = wanted.reachable();
    if (list.some(({ ip }) => ip.family === 6)) enableIpv6(name);
    // IPAM releases the address before the link is deleted: by then the link must not lead to it.
    rollback.defer(() => silence(namespaces, index));
    const before = [
      ...gatewaysOf(list).map((prefix) => address.newMessage({ index, prefix, nodad: true })),
      link.setMessage(index, { up: true }),
    ];
    addRoutes({ namespaces, isOfFleet: wanted.isOfFleet }, routesTo(list, index), before);
  },

  restore({ namespaces }, wanted) {
    const { index, name } = wanted.link();
    const list = wanted.reachable();
    if (list.some(({ ip }) => ip.family === 6)) enableIpv6(name);
    const there = address.list(namespaces.host, { index });
    const lost = gatewaysOf(list).filter(
      (each) => !there.some(({ prefix }) => prefix.equals(each)),
    );
    namespaces.host.netlink.batch([
      ...lost.map((prefix) => address.newMessage({ index, prefix, nodad: true })),
      link.setMessage(index, { up: true }),
    ]);
    const present = route.list(namespaces.host, { index });
    const routes = routesTo(list, index).filter(
      ({ dst }) => !present.some((entry) => entry.dst.equals(dst)),
    );
    addRoutes({ namespaces, isOfFleet: wanted.isOfFleet }, routes);
  },

  check({ namespaces }, wanted) {
    const host = wanted.link();
    const list = wanted.reachable();
    if (!host.up) throw differs(`${host.name} is down on the host`);
    const present = address.list(namespaces.host, { index: host.index });
    for (const gateway of gatewaysOf(list)) {
      if (!present.some(({ prefix }) => prefix.equals(gateway))) {
        throw differs(`gateway address ${gateway.toString()} is missing on ${host.name}`);
      }
    }
    const routes = route.list(namespaces.host, { index: host.index });
    for (const { dst } of routesTo(list, host.index)) {
      if (!routes.some((entry) => entry.dst.equals(dst))) {
        throw differs(`the host's route to ${dst.toString()} by ${host.name} is missing`);
      }
    }
  },

  undo({ namespaces, owner }) {
    for (const { index } of ownHostLinks(namespaces, owner)) silence(namespaces, index);
  },
});

/** Where routes are, and whether those of a fleet's overlay give way. */
interface Others {
  readonly namespaces: Namespaces;
  readonly isOfFleet: boolean | undefined;
}

type WantedRoute = route.RouteSpec & { readonly dst: Prefix };

/**
 * Adds routes, after what has to be done before.
 * @throws CniError of code 11 where another link has one of the addresses
 */
function addRoutes(
  others: Others,
  wanted: readonly WantedRoute[],
  before: readonly NetlinkRequest[] = [],
): void {
  const { netlink } = others.namespaces.host;
  try {
    netlink.batch([...before, ...wanted.map((each) => route.newMessage(each))]);
  } catch (error) {
    if (!isKernelError(error, Errno.EEXIST)) throw error;
    const taken = takenRoute(others, wanted, error);
    const left = taken === undefined ? overlayRoutes(others, wanted) : [];
    if (left.length === 0) throw taken ?? error;
    netlink.batch(left.map((each) => route.replaceMessage(each)));
  }
}

/** Those of the routes in whose place the overlay has one. */
function overlayRoutes(
  { namespaces, isOfFleet }: Others,
  wanted: readonly WantedRoute[],
): WantedRoute[] {
  if (isOfFleet !== true) return [];
  const all = route.list(namespaces.host, { table: route.RT_TABLE_MAIN, protocol: ROUTE_PROTOCOL });
  return wanted.filter(({ dst }) => all.some((entry) => entry.dst.equals(dst)));
}

/** Names the link that has the address already; undefined when there is none. */
function takenRoute(
  { namespaces, isOfFleet }: Others,
  wanted: readonly WantedRoute[],
  cause?: unknown,
): CniError | undefined {
  const all = route
    .list(namespaces.host, { table: route.RT_TABLE_MAIN })
    .filter(({ protocol }) => isOfFleet !== true || protocol !== ROUTE_PROTOCOL);
  for (const { dst, index: own } of wanted) {
    const other = all.find((entry) => entry.dst.equals(dst) && entry.index !== own);
    if (other === undefined) continue;
    const by = other.index === undefined ? undefined : namespaces.hostLinks.get(other.index);
    const name = by === undefined ? "elsewhere" : `to ${by.name}`;
    return tryAgain(`the host has a route for ${dst.ip.toString()} already, ${name}`, {
      details: "is the address another container's?",
      cause,
    });
  }
  return undefined;
}

/** Routes of scope host stay when their link goes down, so they are taken away first. */
function silence(namespaces: Namespaces, index: number): void {
  try {
    const routes = route.list(namespaces.host, { table: route.RT_TABLE_MAIN, index });
    namespaces.host.netlink.batch([
      ...routes.map((each) => route.deleteMessage(each)),
      link.setMessage(index, { up: false }),
    ]);
  } catch {
    // Gone already: then it leads nowhere.
  }
}

function gatewaysOf(list: readonly Reachable[]): Prefix[] {
  const all = new Map(list.map(({ gateway }) => [gateway.toString(), Prefix.ofHost(gateway)]));
  return [...all.values()];
}

function routesTo(list: readonly Reachable[], index: number): WantedRoute[] {
  return list.map(({ ip }) => ({
    dst: Prefix.ofHost(ip),
    index,
    ...(ip.family === 4 ? { scope: route.RT_SCOPE_HOST } : {}),
  }));
}
