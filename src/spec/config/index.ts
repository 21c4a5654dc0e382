export { networkConfigFrom, parseNetworkConfig, upconvert, withDropIns } from "./list.ts";
export { parsePluginConfig, pluginConfigFrom } from "./plugin.ts";
export type { NetworkConfig, PluginConfig } from "./types.ts";
export { unsupportedField } from "./unsupported.ts";
