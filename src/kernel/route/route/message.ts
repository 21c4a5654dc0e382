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
import { ipBytes } from "../ip-value.ts";
import {
  encodeMetrics,
  encodeMultipath,
  type Hop,
  type Metrics,
  type Nexthop,
  RTA_DST,
  RTA_IIF,
  RTA_MARK,
  RTA_METRICS,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTA_SRC,
  RTA_TABLE,
  RTAX_ADVMSS,
  RTAX_MTU,
  writeGateway,
} from "./attribute.ts";
import {
  encodeHeader,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RT_TABLE_UNSPEC,
  RTM_F_LOOKUP_TABLE,
  RTN_UNICAST,
  RTN_UNSPEC,
  RTNH_F_ONLINK,
  RTPROT_BOOT,
} from "./header.ts";

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

/** What a list of routes is narrowed to. */
export interface RouteFilter {
  readonly family?: Family | undefined;
  readonly table?: number | undefined;
  readonly index?: number | undefined;
  readonly protocol?: number | undefined;
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
}

/** Message that adds a route; EEXIST when there is one to the same place with the same metric. */
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

/** As {@link newBesideMessage}, but behind the others. */
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
  const { table, index, protocol = 0 } = filter;
  const header = { family: familyNumber(family), table: tableByte(table ?? 0), protocol };
  const writer = new AttributeWriter(encodeHeader(new ByteWriter(), header));
  if (table !== undefined && table > 0xff) {
    writer.u32(RTA_TABLE, table);
  }
  if (index !== undefined) {
    writer.u32(RTA_OIF, index);
  }
  return { type: RTM_GETROUTE, flags: 0, payload: writer.finish() };
}

/** Message that asks which way a packet would go. */
export function getMessage(lookup: RouteLookup): NetlinkRequest {
  const family = lookup.dst.family;
  const bits = family === 4 ? 32 : 128;
  const header = encodeHeader(new ByteWriter(), {
    family: familyNumber(family),
    dstLength: bits,
    srcLength: lookup.source === undefined ? 0 : bits,
    flags: RTM_F_LOOKUP_TABLE,
  });
  const writer = new AttributeWriter(header).bytes(RTA_DST, lookup.dst.bytes);
  if (lookup.source !== undefined) {
    writer.bytes(RTA_SRC, ipBytes(lookup.source, family));
  }
  if (lookup.index !== undefined) {
    writer.u32(RTA_OIF, lookup.index);
  }
  if (lookup.inputIndex !== undefined) {
    writer.u32(RTA_IIF, lookup.inputIndex);
  }
  if (lookup.mark !== undefined) {
    writer.u32(RTA_MARK, lookup.mark);
  }
  return { type: RTM_GETROUTE, flags: 0, payload: writer.finish() };
}

export function encodeRoute(spec: RouteSpec): Uint8Array {
  const { dst, table = RT_TABLE_MAIN } = spec;
  const family = dst.family;
  const header = encodeHeader(new ByteWriter(), {
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
  if (dst.length > 0) {
    writer.bytes(RTA_DST, dst.network().ip.bytes);
  }
  if (spec.gateway !== undefined) {
    writeGateway(writer, spec.gateway, family);
  }
  if (table > 0xff) {
    writer.u32(RTA_TABLE, table);
  }
  if (spec.source !== undefined) {
    writer.bytes(RTA_PREFSRC, ipBytes(spec.source, family));
  }
  if (spec.priority !== undefined) {
    writer.u32(RTA_PRIORITY, spec.priority);
  }
  if (spec.index !== undefined) {
    writer.u32(RTA_OIF, spec.index);
  }
  const metrics = metricsOf(spec);
  if (metrics.size > 0) {
    writer.unmarkedNested(RTA_METRICS, (inner) => encodeMetrics(inner, metrics));
  }
  if (spec.multipath !== undefined) {
    writer.bytes(RTA_MULTIPATH, encodeMultipath(spec.multipath, family));
  }
  return writer.finish();
}

function metricsOf(spec: RouteSpec): Metrics {
  const metrics = new Map<number, number>(spec.metrics);
  if (spec.mtu !== undefined) {
    metrics.set(RTAX_MTU, spec.mtu);
  }
  if (spec.advmss !== undefined) {
    metrics.set(RTAX_ADVMSS, spec.advmss);
  }
  return metrics;
}

function tableByte(table: number): number {
  return table > 0xff ? RT_TABLE_UNSPEC : table;
}
