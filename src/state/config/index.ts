/** Keys that several plugins have, and how their values are judged. */
export { configuredDns, overridingDns } from "./dns.ts";
export { requestedMac } from "./mac.ts";
export { linkInContainer, optionalMaster } from "./master.ts";
export { checkLinkName, checkMasterName, invalidConfig } from "./name.ts";
export {
  type DnsKeys,
  type IpamKeys,
  integer,
  ipamSchema,
  MTU_MAX,
  optionalDns,
  optionalIpam,
  requiredIpam,
} from "./schema.ts";
