/** What the plugins that make a link share: keys, identity, the verbs. */
export {
  LinkAttachment,
  type LinkConfig,
  type LinkParts,
  type LinkScene,
  type LinkStep,
} from "./attachment.ts";
export { configuredDns, overridingDns } from "./dns.ts";
export { ipamDelegate, ipamTypeOf, ownerOf } from "./identity.ts";
export { type LinkPlugin, linkPlugin } from "./link-plugin.ts";
export { requestedMac } from "./mac.ts";
export { checkLinkName, invalidConfig } from "./name.ts";
export { containerInterface, hostInterface } from "./result.ts";
export { integer, ipamSchema, MTU_MAX, optionalDns, optionalIpam } from "./schema.ts";
