import type { CollectOptions, NetlinkMessage } from "../../netlink/index.ts";
import { Errno, isKernelError } from "../../sys/index.ts";
import { listFamilies } from "../family.ts";
import type { RouteSocket } from "../socket.ts";
import { destinationFilter } from "./destination.ts";
import { RTM_F_CLONED } from "./header.ts";
import {
  appendMessage,
  deleteMessage,
  getMessage,
  listMessage,
  newBesideMessage,
  newMessage,
  type RouteFilter,
  type RouteLookup,
  type RouteSpec,
  RTM_NEWROUTE,
  replaceMessage,
} from "./message.ts";
import { decodeRoute, type Route } from "./route.ts";

export { type Hop, type Metrics, type Nexthop, RTAX_ADVMSS, RTAX_MTU } from "./attribute.ts";
export * from "./header.ts";
export * from "./message.ts";
export { decodeRoute, type Route } from "./route.ts";

/** Routes of the namespace, of all tables unless filtered; IPv4 first. */
export function list(socket: RouteSocket, filter: RouteFilter = {}): Route[] {
  return read(socket, filter, {});
}

/** The first route that the filter leaves; what follows is not read. */
export function find(socket: RouteSocket, filter: RouteFilter): Route | undefined {
  return read(socket, filter, { first: true })[0];
}

/**
 * Adds a route; EEXIST when there is one to the same place with the same metric.
 *
 * @example
 * ```ts
 * import { address, link, route, RouteSocket } from "hawser/netlink";
 * import { Ip, Prefix } from "hawser/addr";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * const index = link.add(socket, { name: "br0", kind: "bridge", up: true });
 * address.add(socket, { index, prefix: Prefix.parse("10.1.0.2/24") });
 * const gateway = Ip.parse("10.1.0.1");
 * const dst = Prefix.parse("0.0.0.0/0");
 * route.add(socket, { dst, gateway });
 * route.add(socket, { dst, gateway }); // throws KernelError EEXIST: add route 0.0.0.0/0 via 10.1.0.1: file exists
 * route.replace(socket, { dst, gateway, mtu: 1400 });
 * route.find(socket, { to: [dst] })?.mtu; // → 1400
 * route.addBeside(socket, { dst, gateway: Ip.parse("10.1.0.9"), priority: 7 });
 * route.append(socket, { dst, gateway, priority: 8 });
 * route.list(socket, { family: 4, to: [dst] }).length; // → 3
 * route.get(socket, { dst: Ip.parse("192.0.2.7") })?.gateway?.toString(); // → "10.1.0.1"
 * route.delete(socket, { dst, priority: 7 });
 * route.delete(socket, { dst, priority: 7 }); // throws KernelError ESRCH: delete route 0.0.0.0/0
 * ```
 */
export function add(socket: RouteSocket, spec: RouteSpec): void {
  socket.netlink.request(newMessage(spec), `add route ${describe(spec)}`);
}

/** Adds a route beside others to the same place; EEXIST when the very same route exists. */
export function addBeside(socket: RouteSocket, spec: RouteSpec): void {
  socket.netlink.request(newBesideMessage(spec), `add route ${describe(spec)}`);
}

/** As `addBeside`, but behind the others. */
export function append(socket: RouteSocket, spec: RouteSpec): void {
  socket.netlink.request(appendMessage(spec), `append route ${describe(spec)}`);
}

/** Adds a route or puts it in the place of the one there is. */
export function replace(socket: RouteSocket, spec: RouteSpec): void {
  socket.netlink.request(replaceMessage(spec), `replace route ${describe(spec)}`);
}

/** Deletes the first route that matches what is given; ESRCH when none does. */
function remove(socket: RouteSocket, spec: RouteSpec): void {
  socket.netlink.request(deleteMessage(spec), `delete route ${describe(spec)}`);
}

export { remove as delete };

const NO_ROUTE = [Errno.ENETUNREACH, Errno.EHOSTUNREACH];

/** The route that a packet would take; undefined when there is none. */
export function get(socket: RouteSocket, lookup: RouteLookup): Route | undefined {
  const text = `look up route to ${lookup.dst}`;
  const answer = socket.netlink.askOne(getMessage(lookup), NO_ROUTE, text);
  return answer === undefined ? undefined : decodeRoute(answer.payload);
}

function read(socket: RouteSocket, filter: RouteFilter, options: CollectOptions): Route[] {
  const isWantedDestination = destinationFilter(filter.to);
  return listFamilies(filter.family, options, (family) => {
    const wanted = ({ type, payload }: NetlinkMessage): Route | undefined => {
      if (type !== RTM_NEWROUTE || !isWantedDestination(payload)) return undefined;
      const route = decodeRoute(payload);
      return route?.family === family && passes(route, filter) ? route : undefined;
    };
    const reading = { operation: "list routes", limit: filter.limit, ...options };
    return orNone(() => socket.netlink.collect(listMessage(family, filter), wanted, reading));
  });
}

/** A table without any route ever, or a link that is gone, is an empty list. */
function orNone<T>(action: () => T[]): T[] {
  try {
    return action();
  } catch (error) {
    if (isKernelError(error, Errno.ENOENT, Errno.ENODEV)) return [];
    throw error;
  }
}

function passes(route: Route, filter: RouteFilter): boolean {
  const { table, index, protocol } = filter;
  if ((route.flags & RTM_F_CLONED) !== 0) return false;
  if (table !== undefined && route.table !== table) return false;
  if (protocol !== undefined && route.protocol !== protocol) return false;
  const isOfLink =
    index === undefined ||
    route.index === index ||
    route.multipath?.some((hop) => hop.index === index) === true;
  return isOfLink && (filter.where?.(route) ?? true);
}

function describe(spec: RouteSpec): string {
  const via = spec.gateway === undefined ? "" : ` via ${spec.gateway}`;
  return `${spec.dst}${via}`;
}
