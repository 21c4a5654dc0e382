/** This node's part in fleets: configuration, picture on disk, membership, engines. */
export type { NodePlace } from "./place/index.ts";
export { clusterDirectory, placeOf } from "./place/index.ts";
export type { ClusterSettings } from "./settings.ts";
export type { EtcdStoreOptions, FilesStoreOptions, StoreOptions } from "./store/options.ts";
