export type { LinkConfig, LinkParts, LinkScene, LinkStep } from "./attachment.ts";
export { type ChildConfig, type ChildPlugin, childPlugin } from "./child-plugin.ts";
export { type LinkPlugin, linkPlugin } from "./link-plugin.ts";
