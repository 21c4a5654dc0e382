import { type Family, Ip, Mac, Prefix } from "../../addr/index.ts";
import { bytes, type Field, mapped } from "../netlink/index.ts";

// Addresses of messages keep the family of their message: an IPv4-mapped IPv6 address is a
// different thing to the kernel than the IPv4 address that it folds to.

/** An attribute that holds an IP address. */
export function ipField(type: number): Field<Ip> {
  return mapped(
    bytes(type),
    (ip) => ip.bytes,
    (payload) => Ip.fromBytes(payload),
  );
}

/** An attribute that holds a hardware address, as `02:00:00:00:00:01`. */
export function macField(type: number): Field<string> {
  return mapped(
    bytes(type),
    (text) => Mac.parse(text).bytes,
    (payload) => Mac.fromBytes(payload).toString(),
  );
}

/** The address, which must be of `family`; else RangeError. */
export function ofFamily<I extends Ip | undefined>(ip: I, family: Family): I {
  if (ip === undefined || ip.family === family) return ip;
  throw new RangeError(`${ip} is no IPv${family} address`);
}

/** A prefix from an attribute that is absent when the prefix has no bits. */
export function prefixValue(
  payload: Uint8Array | undefined,
  length: number,
  family: Family,
): Prefix {
  const bytes = payload ?? new Uint8Array(family === 4 ? 4 : 16);
  const ip = Ip.fromBytes(bytes);
  // ::ffff:0:0/96 and longer fold to IPv4.
  return new Prefix(ip, ip.family === family ? length : Math.max(0, length - 96));
}
