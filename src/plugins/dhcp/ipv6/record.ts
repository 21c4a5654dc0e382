import { createHash } from "node:crypto";
import * as v from "valibot";
import { Ip, Prefix } from "../../../addr/index.ts";
import { defined } from "../../../base/index.ts";
import type { LeaseTimes } from "../../../dhcp/index.ts";
import { type Client, DUID_UUID } from "../../../dhcp6/index.ts";
import type { Attachment, JsonValue } from "../../../spec/index.ts";
import { decodeShared, encodeShared, keyOf, type LeaseRecord } from "../lease-record.ts";
import type { AskedOptions6, GrantedLease } from "../protocol.ts";

/** A lease of an IPv6 address: all that a daemon needs after a restart. */
export interface Ipv6Record extends LeaseRecord {
  readonly options: AskedOptions6;
  readonly lease: Ipv6Lease;
}

/** An address of DHCPv6, with what a router of the link has said of it. */
export interface Ipv6Lease {
  /** With the length of the link's prefix; 128 when no router has advertised one. */
  readonly address: Prefix;
  /** The DUID of the server of the grant. */
  readonly server: Uint8Array;
  /** The default router. */
  readonly gateway?: Ip;
  readonly nameservers: readonly Ip[];
  readonly search: readonly string[];
  readonly times: LeaseTimes;
}

const text = v.string();

const schema = v.object({
  options: v.object({ request: v.array(v.number()), acceptRA: v.boolean() }),
  address: text,
  server: v.pipe(text, v.regex(/^(?:[0-9a-f]{2}){3,130}$/u)),
  gateway: v.optional(text),
  nameservers: v.array(text),
  search: v.array(text),
});

/** The content of a record's file, beside the attachment. */
export function encodeRecord(record: Ipv6Record): JsonValue {
  const { lease, options } = record;
  return {
    ...encodeShared(record),
    options: { request: [...options.request], acceptRA: options.acceptRA },
    address: lease.address.toString(),
    server: hexOf(lease.server),
    ...defined({ gateway: lease.gateway?.toString() }),
    nameservers: lease.nameservers.map(String),
    search: [...lease.search],
  };
}

/** Reads the output of `encodeRecord`; undefined for anything else. */
export function decodeRecord(attachment: Attachment, data: JsonValue): Ipv6Record | undefined {
  // Numbers may be of a type that keeps their text.
  const plain: unknown = JSON.parse(JSON.stringify(data));
  const parsed = v.safeParse(schema, plain);
  if (!parsed.success) return undefined;
  const { options, ...lease } = parsed.output;
  try {
    const shared = decodeShared(plain);
    if (shared === undefined) return undefined;
    const { times, ...parts } = shared;
    const { network, containerId, ifName } = attachment;
    return {
      attachment: { network, containerId, ifName },
      ...parts,
      options,
      lease: {
        address: Prefix.parse(lease.address),
        server: Uint8Array.from(Buffer.from(lease.server, "hex")),
        ...defined({ gateway: lease.gateway === undefined ? undefined : Ip.parse(lease.gateway) }),
        nameservers: lease.nameservers.map((ip) => Ip.parse(ip)),
        search: lease.search,
        times,
      },
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * How an attachment names itself to servers: a DUID of the form of a UUID (RFC 6355), which is always
 * the same for one attachment, so that a server gives it the same address again.
 */
export function clientOf(attachment: Attachment): Pick<Client, "duid" | "iaid"> {
  const digest = createHash("sha256").update(keyOf(attachment)).digest();
  const duid = Uint8Array.of(0, DUID_UUID, ...digest.subarray(0, 16));
  return { duid, iaid: digest.readUInt32BE(16) };
}

/** The lease as the plugin receives it. */
export function grantedLease(lease: Ipv6Lease): GrantedLease {
  const gateway = lease.gateway?.toString();
  return {
    address: lease.address.toString(),
    ...defined({ gateway }),
    routes: gateway === undefined ? [] : [{ dst: "::/0", gw: gateway }],
    nameservers: lease.nameservers.map(String),
    search: lease.search,
  };
}

/** Bytes in lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
