import { type Family, Ip, Prefix } from "../../addr/index.ts";

// Addresses of messages keep the family of their message: an IPv4-mapped IPv6 address is a
// different thing to the kernel than the IPv4 address that it folds to.

/** Bytes of an address in a message of `family`; throws RangeError for the other family. */
export function ipBytes(ip: Ip, family: Family): Uint8Array {
  if (ip.family === family) {
    return ip.bytes;
  }
  throw new RangeError(`${ip} is no IPv${family} address`);
}

/** Bytes of an address attribute as a value. */
export function ipValue(payload: Uint8Array): Ip {
  return Ip.fromBytes(payload);
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
