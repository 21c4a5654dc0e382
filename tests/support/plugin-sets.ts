import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NEWEST_DIR, newestIsBuilt } from "./build-newest.ts";

/** A directory with plugin executables, and what they can do. */
export interface PluginSet {
  readonly name: "hawser" | "debian" | "newest";
  readonly dir: string;
  /** The backends for masquerading and port mappings that a configuration may name. */
  readonly backends: readonly Backend[];
  /** Why it cannot be used on this machine; absent when it can. */
  readonly missing?: string;
}

export type Backend = "iptables" | "nftables";

const NEEDED = ["bridge", "host-local", "tuning", "portmap"] as const;

function present(dir: string): boolean {
  return NEEDED.every((type) => existsSync(join(dir, type)));
}

const OWN_DIR = fileURLToPath(new URL("../../dist/cni", import.meta.url));

/** Our own executables; `npm run build` makes them. */
export function hawserPlugins(): PluginSet {
  return {
    name: "hawser",
    dir: OWN_DIR,
    backends: ["iptables", "nftables"],
    ...(present(OWN_DIR) ? {} : { missing: "dist/cni (npm run build)" }),
  };
}

const ENTRY_DIR = fileURLToPath(new URL("../../dist/entry", import.meta.url));

/** Our entry programs, which hand calls to the node daemon; `npm run build` makes them with cc. */
export function entryPrograms(): PluginSet {
  const isThere = present(ENTRY_DIR) && lstatSync(join(ENTRY_DIR, "bridge")).isFile();
  return {
    name: "hawser",
    dir: ENTRY_DIR,
    backends: ["iptables", "nftables"],
    ...(isThere ? {} : { missing: "dist/entry (npm run build, where cc is)" }),
  };
}

/** The reference plugins as Debian packages them. */
export function debianPlugins(): PluginSet {
  const dir = "/usr/lib/cni";
  const missing = "Debian's containernetworking-plugins (/usr/lib/cni)";
  return { name: "debian", dir, backends: ["iptables"], ...(present(dir) ? {} : { missing }) };
}

/** The newest release of the reference plugins, built by `tests/support/build-newest.ts`. */
export function newestPlugins(): PluginSet {
  const missing =
    "the newest reference plugins (Go and the module proxy, tests/support/build-newest.ts)";
  return {
    name: "newest",
    dir: NEWEST_DIR,
    backends: ["iptables", "nftables"],
    ...(newestIsBuilt() ? {} : { missing }),
  };
}
