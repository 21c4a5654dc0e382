export type { VirtualLinkKind } from "./kernel-kind.ts";
export { type VirtualLinkConfig, type VirtualLinkPlugin, virtualLinkPlugin } from "./plugin.ts";
