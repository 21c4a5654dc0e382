import type { Family, Ip, Prefix } from "../../../addr/index.ts";
import { defined } from "../../../base/index.ts";
import type { Attribute } from "../../netlink/index.ts";
import { familyOf } from "../family.ts";
import { prefixValue } from "../ip-value.ts";
import {
  decodeMultipath,
  type Metrics,
  type Nexthop,
  RTAX_ADVMSS,
  RTAX_MTU,
  routeTable,
} from "./attribute.ts";
import { RTNH_F_ONLINK, rtmsg } from "./header.ts";

/** A route as the kernel reports it. Its fields can be given back as a RouteSpec. */
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

/** Decodes the payload of RTM_NEWROUTE; undefined when it is neither IPv4 nor IPv6. */
export function decodeRoute(payload: Uint8Array): Route | undefined {
  const header = rtmsg.decode(payload);
  const family = familyOf(header.family);
  if (family === undefined) return undefined;
  const found = routeTable.decode(payload, {}, rtmsg.size);
  const { via, gateway = via, metrics, multipath, index, priority, source } = found;
  return {
    family,
    dst: prefixValue(found.dst, header.dstLength, family),
    onlink: (header.flags & RTNH_F_ONLINK) !== 0,
    table: found.table ?? header.table,
    scope: header.scope,
    protocol: header.protocol,
    type: header.type,
    tos: header.tos,
    flags: header.flags,
    extra: routeTable.extra(payload, rtmsg.size),
    ...defined({
      gateway,
      index,
      priority,
      metrics,
      mtu: metrics?.get(RTAX_MTU),
      advmss: metrics?.get(RTAX_ADVMSS),
      source,
      multipath: multipath && decodeMultipath(multipath),
    }),
  };
}
