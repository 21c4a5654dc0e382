import type { Family, Ip, Prefix } from "../../../addr/index.ts";
import { ByteReader } from "../../../bytes/index.ts";
import { type Attribute, Attributes } from "../../netlink/index.ts";
import { familyOf } from "../family.ts";
import { ipValue, prefixValue } from "../ip-value.ts";
import { present } from "../present.ts";
import {
  decodeMetrics,
  decodeMultipath,
  type Metrics,
  type Nexthop,
  RTA_CACHEINFO,
  RTA_DST,
  RTA_GATEWAY,
  RTA_METRICS,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTA_TABLE,
  RTA_VIA,
  RTAX_ADVMSS,
  RTAX_MTU,
  readGateway,
} from "./attribute.ts";
import { decodeHeader, RTNH_F_ONLINK } from "./header.ts";

/** A route as the kernel tells it. Its fields can be given back as a RouteSpec. */
export interface Route {
  readonly family: Family;
  readonly dst: Prefix;
  readonly gateway?: Ip;
  readonly index?: number;
  readonly onlink: boolean;
  readonly priority?: number;
  readonly table: number;
  readonly scope: number;
  readonly protocol: number;
  readonly type: number;
  readonly mtu?: number;
  readonly advmss?: number;
  readonly metrics?: Metrics;
  readonly source?: Ip;
  readonly tos: number;
  /** RTNH_F_ and RTM_F_ bits. */
  readonly flags: number;
  readonly multipath?: readonly Nexthop[];
  readonly extra: readonly Attribute[];
}

// RTA_CACHEINFO counts uses and errors, which is no property of a route.
const KNOWN: ReadonlySet<number> = new Set([
  RTA_CACHEINFO,
  RTA_DST,
  RTA_GATEWAY,
  RTA_METRICS,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTA_TABLE,
  RTA_VIA,
]);

/** Decodes the payload of RTM_NEWROUTE; undefined when it is neither IPv4 nor IPv6. */
export function decodeRoute(payload: Uint8Array): Route | undefined {
  const reader = new ByteReader(payload);
  const header = decodeHeader(reader);
  const family = familyOf(header.family);
  if (family === undefined) {
    return undefined;
  }
  const attributes = Attributes.parse(reader.slice(reader.remaining));
  const nest = attributes.nested(RTA_METRICS);
  const metrics = nest === undefined ? undefined : decodeMetrics(nest);
  const source = attributes.bytes(RTA_PREFSRC);
  const multipath = attributes.bytes(RTA_MULTIPATH);
  return {
    family,
    dst: prefixValue(attributes.bytes(RTA_DST), header.dstLength, family),
    onlink: (header.flags & RTNH_F_ONLINK) !== 0,
    table: attributes.u32(RTA_TABLE) ?? header.table,
    scope: header.scope,
    protocol: header.protocol,
    type: header.type,
    tos: header.tos,
    flags: header.flags,
    extra: attributes.except(KNOWN),
    ...present("gateway", readGateway(attributes)),
    ...present("index", attributes.u32(RTA_OIF)),
    ...present("priority", attributes.u32(RTA_PRIORITY)),
    ...present("metrics", metrics),
    ...present("mtu", metrics?.get(RTAX_MTU)),
    ...present("advmss", metrics?.get(RTAX_ADVMSS)),
    ...present("source", source === undefined ? undefined : ipValue(source)),
    ...present("multipath", multipath === undefined ? undefined : decodeMultipath(multipath)),
  };
}
