/** Addresses as values: IPv4, IPv6, prefixes and MACs, read and printed as Go does. Pure: runs anywhere. */
export { type Family, Ip } from "./ip.ts";
export { Mac } from "./mac.ts";
export { Prefix } from "./prefix.ts";
