import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Conflist } from "../support/chain.ts";
import { ownEnvironment } from "../support/exec.ts";

/** Where podman and buildah keep things, all below a directory of their own. */
export interface ContainersSetting {
  readonly home: string;
  readonly pluginDirs: readonly string[];
  readonly networks: readonly Conflist[];
  /** Where networks are configured already; a directory of its own when absent. */
  readonly networkDir?: string | undefined;
}

/**
 * Makes the directories and writes networks and containers.conf. Limits are low and the runtime is
 * runc, because raising limits needs CAP_SYS_RESOURCE, and crun refuses hybrid control groups.
 */
export function prepareContainers(setting: ContainersSetting): void {
  const { home, pluginDirs, networks, networkDir = join(home, "net.d") } = setting;
  for (const directory of ["net.d", "graph", "run", "libpod"]) mkdirSync(join(home, directory));
  for (const network of networks) {
    const text = JSON.stringify(network, null, 2);
    writeFileSync(join(home, "net.d", `${network.name}.conflist`), text);
  }
  const [first] = networks;
  const lines = [
    "[containers]",
    'default_ulimits = ["nofile=1024:4096", "nproc=1024:1024"]',
    "[network]",
    'network_backend = "cni"',
    `cni_plugin_dirs = ${JSON.stringify(pluginDirs)}`,
    `network_config_dir = ${JSON.stringify(networkDir)}`,
    ...(first === undefined ? [] : [`default_network = ${JSON.stringify(first.name)}`]),
    "[engine]",
    'runtime = "runc"',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "none"',
    `tmp_dir = ${JSON.stringify(join(home, "libpod"))}`,
    "",
  ];
  writeFileSync(join(home, "containers.conf"), lines.join("\n"));
}

/** The options that both programs take for their places. */
export function placeOptions(home: string): string[] {
  const places = ["--root", join(home, "graph"), "--runroot", join(home, "run")];
  return [...places, "--storage-driver", "vfs"];
}

export function containersEnvironment(home: string): Record<string, string> {
  return { ...ownEnvironment(), CONTAINERS_CONF: join(home, "containers.conf") };
}
