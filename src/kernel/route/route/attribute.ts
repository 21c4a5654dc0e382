import type { Family, Ip } from "../../../addr/index.ts";
import { ByteReader, ByteWriter } from "../../../bytes/index.ts";
import { Attributes, AttributeWriter } from "../../netlink/index.ts";
import { familyNumber } from "../family.ts";
import { ipBytes, ipValue } from "../ip-value.ts";
import { present } from "../present.ts";
import { RTNH_F_ONLINK } from "./header.ts";

// linux/rtnetlink.h
export const RTA_DST = 1;
export const RTA_SRC = 2;
export const RTA_IIF = 3;
export const RTA_OIF = 4;
export const RTA_GATEWAY = 5;
export const RTA_PRIORITY = 6;
export const RTA_PREFSRC = 7;
export const RTA_METRICS = 8;
export const RTA_MULTIPATH = 9;
export const RTA_CACHEINFO = 12;
export const RTA_TABLE = 15;
export const RTA_MARK = 16;
export const RTA_VIA = 18;
export const RTA_PREF = 20;

// Inside RTA_METRICS.
export const RTAX_MTU = 2;
export const RTAX_ADVMSS = 8;

/** Settings inside RTA_METRICS, by RTAX_ number. */
export type Metrics = ReadonlyMap<number, number>;

export function encodeMetrics(writer: AttributeWriter, metrics: Metrics): void {
  for (const [type, value] of metrics) {
    writer.u32(type, value);
  }
}

/** Metrics that are not numbers (RTAX_CC_ALGO, a text) are left out. */
export function decodeMetrics(attributes: Attributes): Metrics {
  const metrics = new Map<number, number>();
  for (const { type, payload } of attributes) {
    if (payload.length === 4) {
      metrics.set(type, new ByteReader(payload).u32());
    }
  }
  return metrics;
}

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

/** Writes the gateway of a route of `family`. */
export function writeGateway(writer: AttributeWriter, gateway: Ip, family: Family): void {
  if (gateway.family === family) {
    writer.bytes(RTA_GATEWAY, ipBytes(gateway, family));
    return;
  }
  // struct rtvia: family in host order, then the address.
  writer.struct(RTA_VIA, (bytes) => bytes.u16(familyNumber(gateway.family)).bytes(gateway.bytes));
}

export function readGateway(attributes: Attributes): Ip | undefined {
  const gateway = attributes.bytes(RTA_GATEWAY);
  if (gateway !== undefined) {
    return ipValue(gateway);
  }
  const via = attributes.bytes(RTA_VIA);
  return via === undefined ? undefined : ipValue(via.subarray(2));
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
    const attributes = new AttributeWriter(all);
    if (hop.gateway !== undefined) {
      writeGateway(attributes, hop.gateway, family);
    }
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
    const attributes = Attributes.parse(reader.slice(length - 8));
    const onlink = (flags & RTNH_F_ONLINK) !== 0;
    hops.push({ index, weight, onlink, ...present("gateway", readGateway(attributes)) });
    reader.align(4);
  }
  return hops;
}
