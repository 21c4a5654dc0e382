/** What the plugins that make a link share: keys, identity, the verbs. */
export {
  LinkAttachment,
  type LinkConfig,
  type LinkParts,
  type LinkScene,
  type LinkStep,
} from "./attachment.ts";
export { ipamDelegate, ipamTypeOf, ownerOf } from "./identity.ts";
export {
  checkLinkName,
  configuredDns,
  type DnsKeys,
  type IpamKeys,
  integer,
  invalidConfig,
  ipamSchema,
  MTU_MAX,
  optionalDns,
  optionalIpam,
  overridingDns,
} from "./keys/index.ts";
export { type LinkPlugin, linkPlugin } from "./link-plugin.ts";
export { requestedMac } from "./mac.ts";
export { containerInterface, hostInterface } from "./result.ts";
