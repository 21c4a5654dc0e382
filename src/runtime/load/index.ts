/** Loading network configurations from files. */
export { NetworkNotFoundError, NoNetworksError, type SkippedFile } from "./error.ts";
export { CONFIG_LIMIT, configFiles } from "./files.ts";
export {
  type FoundNetwork,
  type LoadedNetwork,
  loadDropIns,
  loadNetwork,
  loadNetworkFile,
  loadNetworks,
  loadPluginFile,
  type NetworkDirectory,
} from "./load.ts";
export { locate, stepsOf } from "./locate.ts";
export { networkFrom, networkFromText, pluginFromText } from "./parse.ts";
