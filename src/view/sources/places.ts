import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Env, errnoName } from "../../base/index.ts";
import { DEFAULT_DATA_DIR } from "../../plugins/host-local/index.ts";
import { DEFAULT_CACHE_DIR } from "../../runtime/index.ts";
import { stateDirectory } from "../../state/owner/index.ts";

/** Where runtimes, plugins and daemon keep what they know. */
export interface Places {
  /** Directories of libcni's caches. */
  readonly cacheDirs: readonly string[];
  /** The directory of the daemon's journal and of the plugins' owner records. */
  readonly stateDir: string;
  /** Where networks are configured. */
  readonly confDir: string;
  /** Where host-local keeps its reservations when a configuration names no other place. */
  readonly dataDir: string;
}

/** The places that were named, and the usual ones for all others. */
export function placesOf(
  env: Env,
  { confDir, cacheDir }: { readonly confDir: string; readonly cacheDir?: string | undefined },
): Places {
  return {
    cacheDirs: cacheDir === undefined ? usualCacheDirs() : [cacheDir],
    stateDir: stateDirectory(env),
    confDir,
    dataDir: DEFAULT_DATA_DIR,
  };
}

/**
 * The cache directories of the field: the default of libcni, which containerd, CRI-O, podman, nerdctl
 * and Nomad use, those of multus and cri-dockerd, and those of podman for ordinary users.
 */
export function usualCacheDirs(root: string = "/"): string[] {
  const users = namesIn(join(root, "run/user")).map((uid) => join(root, "run/user", uid));
  const cacheDir = join(root, DEFAULT_CACHE_DIR);
  return [
    ...[cacheDir, join(cacheDir, "multus"), join(cacheDir, "cache")],
    ...users.flatMap((user) =>
      ["libpod/tmp", "containers/networks"].map((dir) =>
        join(user, dir, "rootless-netns", DEFAULT_CACHE_DIR),
      ),
    ),
  ];
}

/** The names in a directory, sorted; none where there is no such directory. @throws SystemError */
export function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).sort();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoName(error))) return [];
    throw error;
  }
}
