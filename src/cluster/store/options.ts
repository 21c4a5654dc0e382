/** How an engine is reached: what the configuration says under `store`, checked. */
export type StoreOptions = EtcdStoreOptions | FilesStoreOptions;

export interface EtcdStoreOptions {
  readonly engine: "etcd";
  /** `https://10.0.0.1:2379`; tried in this order, from a place of chance. */
  readonly endpoints: readonly string[];
  /** Paths of files in PEM: they are read anew for each connection. */
  readonly tls?: {
    readonly ca?: string;
    readonly certificate?: string;
    readonly key?: string;
    /** The name that the servers' certificates bear, where it is not that of the endpoint. */
    readonly serverName?: string;
  };
  readonly user?: {
    readonly name: string;
    /** The password is the first line of this file. */
    readonly passwordFile: string;
  };
}

export interface FilesStoreOptions {
  readonly engine: "files";
  /** A directory of this machine. */
  readonly directory: string;
}
