import * as v from "valibot";
import { Ip, Mac, Prefix } from "../../../addr/index.ts";
import { defined } from "../../../base/index.ts";
import type { Lease } from "../../../dhcp/index.ts";
import type { Attachment, JsonValue } from "../../../spec/index.ts";
import { decodeShared, encodeShared, keyOf, type LeaseRecord } from "../lease-record.ts";
import type { AskedOptions, GrantedLease } from "../protocol.ts";

/** Longest option 61; its first byte is the type. */
const CLIENT_ID_MAX = 254;

/** A lease of an IPv4 address: all that a daemon needs after a restart. */
export interface Ipv4Record extends LeaseRecord {
  readonly options: AskedOptions;
  readonly lease: Lease;
  /** Next hop to the server: the source of its last answer. */
  readonly serverMac: Mac;
}

const text = v.string();

const schema = v.object({
  options: v.object({
    provide: v.array(v.tuple([v.number(), text])),
    request: v.array(v.number()),
  }),
  address: text,
  server: text,
  routers: v.array(text),
  routes: v.array(v.object({ dst: text, gw: v.optional(text) })),
  nameservers: v.array(text),
  domain: v.optional(text),
  serverMac: text,
});

/** The content of a record's file, beside the attachment. */
export function encodeRecord(record: Ipv4Record): JsonValue {
  const { lease, options, serverMac } = record;
  return {
    ...encodeShared(record),
    options: {
      provide: options.provide.map(([code, value]) => [code, value]),
      request: [...options.request],
    },
    address: lease.address.toString(),
    server: lease.server.toString(),
    routers: lease.routers.map(String),
    routes: lease.routes.map(({ dst, gateway }) => ({
      dst: dst.toString(),
      ...defined({ gw: gateway?.toString() }),
    })),
    nameservers: lease.nameservers.map(String),
    ...defined({ domain: lease.domain }),
    serverMac: serverMac.toString(),
  };
}

/** Reads the output of `encodeRecord`; undefined for anything else. */
export function decodeRecord(attachment: Attachment, data: JsonValue): Ipv4Record | undefined {
  // Numbers may be of a type that keeps their text.
  const plain: unknown = JSON.parse(JSON.stringify(data));
  const parsed = v.safeParse(schema, plain);
  if (!parsed.success) return undefined;
  const { options, serverMac, ...lease } = parsed.output;
  try {
    const shared = decodeShared(plain);
    if (shared === undefined) return undefined;
    const { times, ...parts } = shared;
    const { network, containerId, ifName } = attachment;
    return {
      attachment: { network, containerId, ifName },
      ...parts,
      options,
      serverMac: Mac.parse(serverMac),
      lease: {
        address: Prefix.parse(lease.address),
        server: Ip.parse(lease.server),
        routers: lease.routers.map((ip) => Ip.parse(ip)),
        routes: lease.routes.map(({ dst, gw }) => ({
          dst: Prefix.parse(dst),
          ...defined({ gateway: gw === undefined ? undefined : Ip.parse(gw) }),
        })),
        nameservers: lease.nameservers.map((ip) => Ip.parse(ip)),
        ...defined({ domain: lease.domain }),
        times,
      },
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Option 61 of an attachment: type 0, for what is no hardware address, and a name. */
export function clientIdOf(attachment: Attachment): Uint8Array {
  const name = new TextEncoder().encode(keyOf(attachment));
  return Uint8Array.of(0, ...name.subarray(0, CLIENT_ID_MAX));
}

/** The lease as the plugin receives it. */
export function grantedLease(lease: Lease): GrantedLease {
  const [gateway] = lease.routers;
  return {
    address: lease.address.toString(),
    ...defined({ gateway: gateway?.toString() }),
    routes: lease.routes.map((route) => ({
      dst: route.dst.toString(),
      ...defined({ gw: route.gateway?.toString() }),
    })),
    nameservers: lease.nameservers.map(String),
    ...defined({ domain: lease.domain }),
  };
}
