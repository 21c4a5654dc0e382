/** Keys that several plugins have, and how their values are judged. */
export { invalidConfig } from "../../spec/index.ts";
export { acceptRA } from "./accept-ra.ts";
export { choice } from "./choice.ts";
export { configuredDns, overridingDns } from "./dns.ts";
export { linkMac, requestedMac } from "./mac.ts";
export { linkInContainer, optionalMaster } from "./master.ts";
export { checkMtu, MTU_MIN, MTU_MIN_IPV6, mtuBelowIpv6 } from "./mtu.ts";
export { checkLinkName, checkMasterName } from "./name.ts";
export {
  type DnsKeys,
  type IpamKeys,
  integer,
  ipamSchema,
  optionalDns,
  optionalIpam,
  requiredIpam,
} from "./schema.ts";
