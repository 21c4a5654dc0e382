import { type Family, Ip } from "../../../addr/index.ts";
import { defined } from "../../../base/index.ts";
import { ByteReader, ByteWriter, u32At } from "../../../bytes/index.ts";
import {
  Attributes,
  type AttributeTable,
  AttributeWriter,
  attributes,
  be16,
  bytes,
  type Field,
  type Fields,
  u8,
  u32,
} from "../../netlink/index.ts";
import { familyNumber } from "../family.ts";
import { ipField } from "../ip-value.ts";
import { RTNH_F_ONLINK } from "./header.ts";

// linux/rtnetlink.h
export const RTA_DST = 1;
const RTA_SRC = 2;
const RTA_IIF = 3;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_METRICS = 8;
const RTA_MULTIPATH = 9;
const RTA_CACHEINFO = 12;
const RTA_TABLE = 15;
const RTA_MARK = 16;
const RTA_VIA = 18;
const RTA_IP_PROTO = 27;
const RTA_SPORT = 28;
const RTA_DPORT = 29;

// Inside RTA_METRICS.
export const RTAX_MTU = 2;
export const RTAX_ADVMSS = 8;

/** Settings inside RTA_METRICS, by RTAX_ number. */
export type Metrics = ReadonlyMap<number, number>;

/** Where a route leads: a gateway, a link, or both. */
export interface Hop {
  /** An IPv4 route may have an IPv6 gateway. */
  readonly gateway?: Ip | undefined;
  /** Index of the link. */
  readonly index?: number | undefined;
  /** RTNH_F_ONLINK: the gateway is on the link even if no route says so. */
  readonly onlink?: boolean | undefined;
}

/** One of several hops of a route. */
export interface Nexthop extends Hop {
  /** Share of the traffic, 1 to 256; 1 when absent. */
  readonly weight?: number | undefined;
}

/** Attributes of a gateway: RTA_GATEWAY, or RTA_VIA when its family is not that of the route. */
interface GatewayTable {
  readonly gateway?: Ip | undefined;
  readonly via?: Ip | undefined;
}

/** The attributes of a route message. */
interface RouteTable extends GatewayTable {
  readonly dst: Uint8Array;
  readonly src: Ip;
  readonly table: number;
  readonly source: Ip;
  readonly priority: number;
  readonly index: number;
  readonly inputIndex: number;
  readonly mark: number;
  readonly metrics: Metrics;
  readonly multipath: Uint8Array;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

const gatewayFields: Fields<GatewayTable> = {
  gateway: ipField(RTA_GATEWAY),
  via: viaField(RTA_VIA),
};

const gatewayTable = attributes<GatewayTable>(gatewayFields);

export const routeTable: AttributeTable<RouteTable> = attributes<RouteTable>(
  {
    dst: bytes(RTA_DST),
    src: ipField(RTA_SRC),
    ...gatewayFields,
    table: u32(RTA_TABLE),
    source: ipField(RTA_PREFSRC),
    priority: u32(RTA_PRIORITY),
    index: u32(RTA_OIF),
    inputIndex: u32(RTA_IIF),
    mark: u32(RTA_MARK),
    metrics: {
      type: RTA_METRICS,
      write: (writer, type, metrics) =>
        writer.unmarkedNested(type, (inner) => {
          for (const [metric, value] of metrics) inner.u32(metric, value);
        }),
      read: (memory, start, length) => decodeMetrics(memory.subarray(start, start + length)),
    },
    multipath: bytes(RTA_MULTIPATH),
    protocol: u8(RTA_IP_PROTO),
    sourcePort: be16(RTA_SPORT),
    destinationPort: be16(RTA_DPORT),
  },
  // Counts of uses and errors are no property of a route.
  [RTA_CACHEINFO],
);

/** A gateway as the attributes of a route of `family` tell it. */
export function gatewayOf(gateway: Ip | undefined, family: Family): GatewayTable {
  return gateway === undefined || gateway.family === family ? { gateway } : { via: gateway };
}

/** struct rtvia: family in host order, then the address. */
function viaField(type: number): Field<Ip> {
  return {
    type,
    write: (writer, number, ip) =>
      writer.struct(number, (via) => void via.u16(familyNumber(ip.family)).bytes(ip.bytes)),
    read: (memory, start, length) => Ip.fromBytes(memory.subarray(start + 2, start + length)),
  };
}

/** Metrics that are not numbers (RTAX_CC_ALGO, a text) are left out. */
function decodeMetrics(payload: Uint8Array): Metrics {
  const metrics = new Map<number, number>();
  for (const { type, payload: value } of Attributes.parse(payload)) {
    if (value.length === 4) metrics.set(type, u32At(value, 0));
  }
  return metrics;
}

/** RTA_MULTIPATH: struct rtnexthop and its attributes, one after the other. */
export function encodeMultipath(hops: readonly Nexthop[], family: Family): Uint8Array {
  const all = new ByteWriter();
  for (const hop of hops) {
    const start = all.length;
    all
      .u16(0) // rtnh_len, patched below
      .u8(hop.onlink === true ? RTNH_F_ONLINK : 0) // rtnh_flags
      .u8((hop.weight ?? 1) - 1) // rtnh_hops
      .i32(hop.index ?? 0); // rtnh_ifindex
    gatewayTable.encode(new AttributeWriter(all), gatewayOf(hop.gateway, family));
    all.patchU16(start, all.length - start);
  }
  return all.finish();
}

export function decodeMultipath(payload: Uint8Array): Nexthop[] {
  const hops: Nexthop[] = [];
  const reader = new ByteReader(payload);
  while (reader.remaining >= 8) {
    const length = reader.u16(); // rtnh_len
    const flags = reader.u8(); // rtnh_flags
    const weight = reader.u8() + 1; // rtnh_hops
    const index = reader.i32(); // rtnh_ifindex
    const { via, gateway = via } = gatewayTable.decode(reader.slice(length - 8), {});
    const onlink = (flags & RTNH_F_ONLINK) !== 0;
    hops.push({ index, weight, onlink, ...defined({ gateway }) });
    reader.align(4);
  }
  return hops;
}
