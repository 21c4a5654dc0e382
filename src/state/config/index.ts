/** Keys that several plugins have, and how their values are judged. */
export { invalidConfig } from "../../spec/index.ts";
export { acceptRA } from "./accept-ra.ts";
export { choice } from "./choice.ts";
export { configuredDns, overridingDns } from "./dns.ts";
export { requestedMac } from "./mac.ts";
export { linkInContainer, optionalMaster } from "./master.ts";
export { checkLinkName, checkMasterName } from "./name.ts";
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
