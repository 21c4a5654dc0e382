import type { JsonObject } from "../json/index.ts";

/** One plugin of a network, as its configuration object says. */
export interface PluginConfig {
  /** Name of the plugin's executable; checked. */
  readonly type: string;
  /** The object's own `name`, if it has one: plugins get the network's name instead. */
  readonly name?: string;
  /** Which runtime capabilities the plugin declares. */
  readonly capabilities: Readonly<Record<string, boolean>>;
  /** The whole object, keys as written, numbers to the digit. */
  readonly json: JsonObject;
}

/** A network: a list of plugins that run one after the other (specification, section 1). */
export interface NetworkConfig {
  /** The network's name; checked. */
  readonly name: string;
  /** The version selected from `cniVersion` and `cniVersions`; empty when neither is there. */
  readonly cniVersion: string;
  /** Every version the configuration offers, oldest first. */
  readonly cniVersions: readonly string[];
  /** CHECK does nothing and succeeds. */
  readonly disableCheck: boolean;
  /** GC does nothing and succeeds. */
  readonly disableGC: boolean;
  /** Plugins from drop-in files do not belong to the network. */
  readonly loadOnlyInlinedPlugins: boolean;
  /** In the order of ADD. Empty when all are to come from drop-in files. */
  readonly plugins: readonly PluginConfig[];
  /** The text this was read from. */
  readonly text: string;
  /** What stands in that text, where it is known. */
  readonly json?: JsonObject;
}
