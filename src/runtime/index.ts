/** Running networks: configurations, attachments, and what is remembered of them. */
export {
  AlreadyAttachedError,
  CacheWriteError,
  ChainError,
  CheckNotSupportedError,
  ManyErrors,
} from "./error.ts";
export type { GcReport } from "./gc.ts";
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
  type NetworkDirectory,
  NetworkNotFoundError,
  NoNetworksError,
  networkFromText,
  pluginFromText,
  type SkippedFile,
} from "./load/index.ts";
export type {
  CallOptions,
  PluginReport,
  RuntimeConf,
  RuntimeOptions,
  StderrSource,
} from "./options.ts";
export { type CachedAttachment, DEFAULT_CACHE_DIR, Runtime } from "./runtime.ts";
