/** A file or a directory of the host that plugins of a type work with. */
export interface HostPath {
  /** Where the configuration names it: the keys that lead there. */
  readonly keys?: readonly string[];
  /** Variable of the environment that names it. */
  readonly variable?: string;
  /** Where it is when nothing names it. */
  readonly otherwise?: string;
  /** The plugin makes it when it is not there. */
  readonly isMade?: boolean;
}

/** What the call of any plugin works with; in words, since each start of a plugin loads this file. */
const STATE: HostPath = { variable: "HAWSER_STATE_DIR", otherwise: "/run/hawser", isMade: true };

/** The paths of each plugin that has some, here since a plugin is not loaded before it is called. */
export const HOST_PATHS: ReadonlyMap<string, readonly HostPath[]> = new Map([
  [
    "host-local",
    [
      { keys: ["ipam", "dataDir"], otherwise: "/var/lib/cni/networks", isMade: true },
      { keys: ["ipam", "resolvConf"] },
    ],
  ],
  [
    "cluster",
    [
      { keys: ["ipam", "dataDir"], otherwise: "/var/lib/hawser/cluster", isMade: true },
      { keys: ["ipam", "store", "files", "directory"], isMade: true },
      { keys: ["ipam", "store", "etcd", "tls", "ca"] },
      { keys: ["ipam", "store", "etcd", "tls", "cert"] },
      { keys: ["ipam", "store", "etcd", "tls", "key"] },
      { keys: ["ipam", "store", "etcd", "passwordFile"] },
    ],
  ],
  ["dhcp", [{ keys: ["ipam", "daemonSocketPath"], otherwise: "/run/cni/dhcp.sock" }]],
  [
    "tuning",
    [
      { keys: ["dataDir"], otherwise: "/run/cni/tuning", isMade: true },
      { variable: "HAWSER_TUNING_ALLOWLIST", otherwise: "/etc/cni/tuning/allowlist.conf" },
    ],
  ],
]);

/** The paths that a call of a plugin of this type works with, its delegates' left out. */
export function hostPathsOf(type: string): readonly HostPath[] {
  return [STATE, ...(HOST_PATHS.get(type) ?? [])];
}
