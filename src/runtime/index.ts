/** Running networks: configurations, attachments, and what is remembered of them. */

export {
  type CachedAttachment,
  type CachedFile,
  type CacheMemory,
  cachedFiles,
  type RememberedFile,
} from "./cached.ts";
export type { PluginCheck } from "./check.ts";
export {
  AbortError,
  AlreadyAttachedError,
  CacheWriteError,
  ChainError,
  CheckNotSupportedError,
  ManyErrors,
} from "./error.ts";
export type { GcReport, NetworkGc } from "./gc.ts";
export {
  CONFIG_LIMIT,
  configFiles,
  type FoundNetwork,
  type LoadedNetwork,
  loadDropIns,
  loadNetwork,
  loadNetworkFile,
  loadNetworks,
  loadPluginFile,
  locate,
  type NetworkDirectory,
  NetworkNotFoundError,
  NoNetworksError,
  networkFrom,
  networkFromText,
  pluginFromText,
  type SkippedFile,
  stepsOf,
} from "./load/index.ts";
export type {
  CallOptions,
  PluginReport,
  RuntimeConf,
  RuntimeOptions,
  StderrSource,
} from "./options.ts";
export { DEFAULT_CACHE_DIR, Runtime } from "./runtime.ts";
