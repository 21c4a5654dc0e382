/** What the plugins that make a link share: keys, identity, the verbs. */
export type {
  LinkConfig,
  LinkParts,
  LinkScene,
  LinkStep,
} from "./attachment.ts";
export { type ChildConfig, type ChildPlugin, childPlugin } from "./child-plugin.ts";
export { ipamDelegate, ipamTypeOf, ownerOf } from "./identity.ts";
export {
  checkLinkName,
  checkMasterName,
  configuredDns,
  type DnsKeys,
  type IpamKeys,
  integer,
  invalidConfig,
  ipamSchema,
  linkInContainer,
  MTU_MAX,
  optionalDns,
  optionalIpam,
  optionalMaster,
  overridingDns,
  requiredIpam,
} from "./keys/index.ts";
export { type LinkPlugin, linkPlugin } from "./link-plugin.ts";
export { requestedMac } from "./mac.ts";
export { checkPromised } from "./promised.ts";
export { containerInterface, hostInterface } from "./result.ts";
