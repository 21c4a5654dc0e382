/** Keys that several plugins have, and how their values are judged. */
export { invalidConfig } from "../../spec/index.ts";
export { acceptRA } from "./accept-ra.ts";
export { addressText, optionalAddressText, prefixText } from "./address.ts";
export { choice, choiceOf } from "./choice.ts";
export { configuredDns, overridingDns } from "./dns.ts";
export { linkMac, macText, requestedMac } from "./mac.ts";
export { linkInContainer, optionalMaster, requiredMaster } from "./master.ts";
export { checkMtuForIpv6, MTU_MIN, MTU_MIN_IPV6, mtuBelowIpv6, mtuOf, mtuRule } from "./mtu.ts";
export { linkName } from "./name.ts";
export {
  type DnsKeys,
  type IpamKeys,
  integer,
  ipamSchema,
  optionalDns,
  optionalIpam,
  requiredIpam,
} from "./schema.ts";
