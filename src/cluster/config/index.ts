/** A fleet's network as configurations name it, and where this node keeps its part. */
export {
  type ClusterConfig,
  type ClusterKeys,
  type Configured,
  clusterKeys,
  clusterOf,
  parseCluster,
  parsePlace,
} from "./config.ts";
export { DURATION, parseDuration } from "./duration.ts";
export type { Overlay, OverlayConfig } from "./overlay.ts";
export {
  type ClusterPaths,
  type ClusterPlace,
  DEFAULT_DATA_DIR,
  pathsOf,
  reservationsPath,
} from "./place.ts";
export type { EtcdOptions, FilesOptions, StoreOptions, TlsFiles } from "./store.ts";
export { isReservedIn } from "./subnets.ts";
