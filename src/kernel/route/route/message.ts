import type { Family, Ip, Prefix } from "../../../addr/index.ts";
import { ByteWriter } from "../../../bytes/index.ts";
import {
  AttributeWriter,
  type NetlinkRequest,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
} from "../../netlink/index.ts";
import { familyNumber } from "../family.ts";
import { ofFamily } from "../ip-value.ts";
import type { ListFilter } from "../list-filter.ts";
import {
  encodeMultipath,
  gatewayOf,
  type Hop,
  type Metrics,
  type Nexthop,
  RTAX_ADVMSS,
  RTAX_MTU,
  routeTable,
} from "./attribute.ts";
import {
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RT_TABLE_UNSPEC,
  RTM_F_LOOKUP_TABLE,
  RTN_UNICAST,
  RTN_UNSPEC,
  RTNH_F_ONLINK,
  RTPROT_BOOT,
  rtmsg,
} from "./header.ts";
import type { Route } from "./route.ts";

// linux/rtnetlink.h
export const RTM_NEWROUTE = 24;
export const RTM_DELROUTE = 25;
export const RTM_GETROUTE = 26;

/** A route to make or to delete. */
export interface RouteSpec extends Hop {
  /** Where to; 0.0.0.0/0 or ::/0 is the default route. Bits beyond the length are cleared. */
  readonly dst: Prefix;
  /** Metric: the lowest wins. */
  readonly priority?: number | undefined;
  /** The main table when absent. */
  readonly table?: number | undefined;
  /** RT_SCOPE_ number; universe when absent. IPv6 has none. */
  readonly scope?: number | undefined;
  /** RTPROT_ number; boot when absent. */
  readonly protocol?: number | undefined;
  /** RTN_ number; unicast when absent. */
  readonly type?: number | undefined;
  /** Largest packet, bytes. */
  readonly mtu?: number | undefined;
  /** TCP segment size to announce, bytes. */
  readonly advmss?: number | undefined;
  /** Further RTAX_ settings. */
  readonly metrics?: Metrics | undefined;
  /** Address that packets start from. */
  readonly source?: Ip | undefined;
  readonly tos?: number | undefined;
  /** Several hops instead of one. */
  readonly multipath?: readonly Nexthop[] | undefined;
}

/** What a list of routes is narrowed to. The kernel narrows by table, link and protocol. */
export interface RouteFilter extends ListFilter<Route> {
  readonly family?: Family | undefined;
  readonly table?: number | undefined;
  /** Index of the link. */
  readonly index?: number | undefined;
  readonly protocol?: number | undefined;
  /** Destinations; compared before a route is decoded, so that others cost next to nothing. */
  readonly to?: readonly Prefix[] | undefined;
}

/** A question which way a packet would go. */
export interface RouteLookup {
  readonly dst: Ip;
  readonly source?: Ip | undefined;
  /** Index of the link the packet leaves by. */
  readonly index?: number | undefined;
  /** Index of the link the packet comes in by: then it is forwarded, and needs a source. */
  readonly inputIndex?: number | undefined;
  readonly mark?: number | undefined;
  /** IPPROTO_ number; rules may look at it, and at the ports. */
  readonly protocol?: number | undefined;
  readonly sourcePort?: number | undefined;
  readonly destinationPort?: number | undefined;
}

/**
 * Message that adds a route; EEXIST when there is one to the same place with the same metric.
 *
 * @example
 * ```ts
 * import { link, route, RouteSocket, RTNLGRP_IPV4_ROUTE } from "hawser/netlink";
 * import { Prefix } from "hawser/addr";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using events = RouteSocket.open(blue, [RTNLGRP_IPV4_ROUTE]);
 * using socket = RouteSocket.open(blue);
 * const index = link.add(socket, { name: "br0", kind: "bridge", up: true });
 * const dst = Prefix.parse("10.2.0.0/16");
 * socket.batch([
 *   route.newMessage({ dst, index, table: 100 }),
 *   route.replaceMessage({ dst, index, table: 100, protocol: route.RTPROT_STATIC }),
 *   route.deleteMessage({ dst, table: 100 }),
 * ]);
 * const [event] = events.netlink.receive(1000);
 * event && route.decodeRoute(event.payload)?.table; // → 100
 * ```
 */
export function newMessage(spec: RouteSpec): NetlinkRequest {
  return { type: RTM_NEWROUTE, flags: NLM_F_CREATE | NLM_F_EXCL, payload: encodeRoute(spec) };
}

/**
 * Message that adds a route beside others to the same place: IPv6 routes become one with several
 * hops, of IPv4 routes the new one is first. EEXIST when the very same route exists.
 */
export function newBesideMessage(spec: RouteSpec): NetlinkRequest {
  return { type: RTM_NEWROUTE, flags: NLM_F_CREATE, payload: encodeRoute(spec) };
}

/** As `newBesideMessage`, but behind the others. */
export function appendMessage(spec: RouteSpec): NetlinkRequest {
  return { type: RTM_NEWROUTE, flags: NLM_F_CREATE | NLM_F_APPEND, payload: encodeRoute(spec) };
}

/** Message that adds a route or puts it in the place of the one there is. */
export function replaceMessage(spec: RouteSpec): NetlinkRequest {
  return { type: RTM_NEWROUTE, flags: NLM_F_CREATE | NLM_F_REPLACE, payload: encodeRoute(spec) };
}

/** Message that deletes the first route that matches what is given; ESRCH when none does. */
export function deleteMessage(spec: RouteSpec): NetlinkRequest {
  const loose = {
    ...spec,
    protocol: spec.protocol ?? 0,
    scope: spec.scope ?? RT_SCOPE_NOWHERE,
    type: spec.type ?? RTN_UNSPEC,
  };
  return { type: RTM_DELROUTE, flags: 0, payload: encodeRoute(loose) };
}

/** Message that asks for the routes of one family. */
export function listMessage(family: Family, filter: RouteFilter = {}): NetlinkRequest {
  const { table = 0, index, protocol } = filter;
  const header = { family: familyNumber(family), table: tableByte(table), protocol };
  const writer = new AttributeWriter(rtmsg.encode(new ByteWriter(), header));
  routeTable.encode(writer, { table: tableAttribute(table), index });
  return { type: RTM_GETROUTE, flags: 0, payload: writer.finish() };
}

/** Message that asks which way a packet would go. */
export function getMessage(lookup: RouteLookup): NetlinkRequest {
  const family = lookup.dst.family;
  const bits = family === 4 ? 32 : 128;
  const header = rtmsg.encode(new ByteWriter(), {
    family: familyNumber(family),
    dstLength: bits,
    srcLength: lookup.source === undefined ? 0 : bits,
    // IPv6 always tells the table, and refuses the flag on a socket that has its requests checked.
    flags: family === 4 ? RTM_F_LOOKUP_TABLE : 0,
  });
  const writer = new AttributeWriter(header);
  const { index, inputIndex, mark, protocol, sourcePort, destinationPort } = lookup;
  const src = ofFamily(lookup.source, family);
  routeTable.encode(writer, {
    ...{ dst: lookup.dst.bytes, src, index, inputIndex, mark },
    ...{ protocol, sourcePort, destinationPort },
  });
  return { type: RTM_GETROUTE, flags: 0, payload: writer.finish() };
}

export function encodeRoute(spec: RouteSpec): Uint8Array {
  const { dst, table = RT_TABLE_MAIN } = spec;
  const family = dst.family;
  const header = rtmsg.encode(new ByteWriter(), {
    family: familyNumber(family),
    dstLength: dst.length,
    tos: spec.tos ?? 0,
    table: tableByte(table),
    protocol: spec.protocol ?? RTPROT_BOOT,
    scope: spec.scope ?? RT_SCOPE_UNIVERSE,
    type: spec.type ?? RTN_UNICAST,
    flags: spec.onlink === true ? RTNH_F_ONLINK : 0,
  });
  const writer = new AttributeWriter(header);
  const metrics = metricsOf(spec);
  const { source, priority, index, multipath } = spec;
  routeTable.encode(writer, {
    dst: dst.length > 0 ? dst.network().ip.bytes : undefined,
    ...gatewayOf(spec.gateway, family),
    table: tableAttribute(table),
    source: ofFamily(source, family),
    priority,
    index,
    metrics: metrics.size > 0 ? metrics : undefined,
    multipath: multipath && encodeMultipath(multipath, family),
  });
  return writer.finish();
}

function metricsOf(spec: RouteSpec): Metrics {
  const metrics = new Map<number, number>(spec.metrics);
  if (spec.mtu !== undefined) metrics.set(RTAX_MTU, spec.mtu);
  if (spec.advmss !== undefined) metrics.set(RTAX_ADVMSS, spec.advmss);
  return metrics;
}

function tableByte(table: number): number {
  return table > 0xff ? RT_TABLE_UNSPEC : table;
}

/** A table of a larger number stands in an attribute of its own. */
function tableAttribute(table: number): number | undefined {
  return table > 0xff ? table : undefined;
}
