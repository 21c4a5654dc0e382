import type { Plugin } from "../../plugin/index.ts";
import { PLUGINS } from "../../plugins/registry/index.ts";

/** The types of the package's plugins. */
const TYPES = [
  "bandwidth",
  "bridge",
  "cluster",
  "dhcp",
  "dummy",
  "firewall",
  "host-device",
  "host-local",
  "ipvlan",
  "loopback",
  "macvlan",
  "portmap",
  "ptp",
  "sbr",
  "static",
  "tap",
  "tuning",
  "vlan",
  "vrf",
] as const;

/** The type of one of the package's plugins, as a configuration names it: `bridge`. */
export type PluginType = (typeof TYPES)[number];

/** The types of the package's plugins, in alphabetical order. docs/plugins.md says what each does. */
export const PLUGIN_TYPES: readonly PluginType[] = TYPES;

/**
 * A plugin of the package, to be served by `main`, tried by `tryPlugin`, or called by its `entry`. It is
 * read from disk when it is asked for, and once. To load and to describe a plugin works on every
 * platform; its operations need Bun on Linux (code 999 and the reason elsewhere).
 * @throws RangeError for a type that the package does not have
 *
 * @example
 * ```ts
 * import { loadPlugin } from "hawser/plugins";
 *
 * const bridge = await loadPlugin("bridge");
 * bridge.name; // → "bridge"
 * bridge.versions.at(-1); // → "1.1.0"
 * ```
 */
export async function loadPlugin(type: PluginType): Promise<Plugin> {
  const plugin = await PLUGINS.get(type)?.();
  if (plugin !== undefined) return plugin;
  throw new RangeError(`hawser has no plugin ${JSON.stringify(type)}`);
}
