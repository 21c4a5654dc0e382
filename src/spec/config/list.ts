import { CniError, invalidConfig } from "../errors.ts";
import {
  field,
  isObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  printJson,
} from "../json/index.ts";
import { checkNetworkName } from "../parameters/index.ts";
import { compareVersions, parseVersion, selectVersion } from "../versions.ts";
import { pluginConfigFrom } from "./plugin.ts";
import { goType, prefixed } from "./read.ts";
import type { NetworkConfig, PluginConfig } from "./types.ts";

/** What every error begins with. */
const LIST = "error parsing configuration list";

/**
 * Reads a network's configuration: a list of plugins (specification, section 1). Name, versions
 * and plugin types are checked here, so that nothing invalid is ever run. Every error says
 * `error parsing configuration list: …`; code 6 for bad JSON, else 7.
 *
 * @example
 * ```ts
 * import { parseNetworkConfig } from "hawser/spec";
 *
 * const list = parseNetworkConfig(`{
 *   "cniVersion": "1.0.0",
 *   "name": "dbnet",
 *   "plugins": [{ "type": "bridge" }, { "type": "tuning", "capabilities": { "mac": true } }]
 * }`);
 * list.plugins.map(({ type }) => type); // → ["bridge", "tuning"]
 * list.plugins[1]?.capabilities; // → { mac: true }
 *
 * parseNetworkConfig("{}"); // throws CniError 7: error parsing configuration list: no name
 * ```
 */
export function parseNetworkConfig(text: string): NetworkConfig {
  return prefixed(LIST, () => readList(parseJson(text), text));
}

/**
 * The same for a text that has been parsed already.
 * @throws CniError of code 7
 *
 * @param text What the value was read from, or what it prints as.
 *
 * @example
 * ```ts
 * import { networkConfigFrom, printJson } from "hawser/spec";
 *
 * const value = { cniVersion: "1.0.0", name: "dbnet", plugins: [{ type: "bridge" }] };
 * networkConfigFrom(value, printJson(value)).name; // → "dbnet"
 * ```
 */
export function networkConfigFrom(value: JsonValue, text: string): NetworkConfig {
  return prefixed(LIST, () => readList(value, text));
}

/**
 * Turns a single plugin's configuration, as files had it before 1.0.0, into a list of one.
 * @throws CniError as `parseNetworkConfig` does: the object has to have a name of its own
 *
 * @example
 * ```ts
 * import { parsePluginConfig, upconvert } from "hawser/spec";
 *
 * const plugin = parsePluginConfig('{"cniVersion": "0.4.0", "name": "lo", "type": "loopback"}');
 * const list = upconvert(plugin);
 * list.name; // → "lo"
 * list.cniVersion; // → "0.4.0"
 * ```
 */
export function upconvert(plugin: PluginConfig): NetworkConfig {
  const cniVersion = field(plugin.json, "cniVersion") ?? "";
  const list: JsonObject = { name: plugin.name ?? "", cniVersion, plugins: [plugin.json] };
  return networkConfigFrom(list, printJson(list));
}

/**
 * The network as it runs: plugins from drop-in files stand after its own, unless the network wants
 * only its own. A network without any plugin is an error of code 7.
 *
 * @example
 * ```ts
 * import { parseNetworkConfig, parsePluginConfig, withDropIns } from "hawser/spec";
 *
 * const list = parseNetworkConfig('{"name": "dbnet", "plugins": [{"type": "bridge"}]}');
 * const whole = withDropIns(list, [parsePluginConfig('{"type": "tuning"}')]);
 * whole.plugins.map(({ type }) => type); // → ["bridge", "tuning"]
 * ```
 */
export function withDropIns(list: NetworkConfig, dropIns: readonly PluginConfig[]): NetworkConfig {
  const added = list.loadOnlyInlinedPlugins ? [] : dropIns;
  const plugins = [...list.plugins, ...added];
  if (plugins.length === 0) throw invalidConfig("no plugin configs found");
  return { ...list, plugins };
}

function readList(json: JsonValue, text: string): NetworkConfig {
  if (!isObject(json)) throw invalidConfig(`must be a JSON object, not ${goType(json)}`);
  const name = readName(json);
  const { cniVersion, cniVersions } = readVersions(json);
  const loadOnlyInlinedPlugins = readBoolean(json, "loadOnlyInlinedPlugins");
  return {
    name,
    cniVersion,
    cniVersions,
    disableCheck: readBoolean(json, "disableCheck"),
    disableGC: readBoolean(json, "disableGC"),
    loadOnlyInlinedPlugins,
    plugins: readPlugins(json, loadOnlyInlinedPlugins),
    text,
    json,
  };
}

function readName(list: JsonObject): string {
  const name = field(list, "name");
  if (name === undefined) throw invalidConfig("no name");
  if (typeof name !== "string") throw invalidConfig(`invalid name type ${goType(name)}`);
  checkNetworkName(name);
  return name;
}

function readVersions(list: JsonObject): { cniVersion: string; cniVersions: string[] } {
  const single = field(list, "cniVersion");
  if (single !== undefined && typeof single !== "string") {
    throw invalidConfig(`invalid cniVersion type ${goType(single)}`);
  }
  if (single !== undefined) checkVersion(single, `invalid cniVersion ${single}`);
  const many = field(list, "cniVersions");
  if (many !== undefined && !Array.isArray(many)) {
    throw invalidConfig(`invalid type for cniVersions: ${goType(many)}`);
  }
  const listed = many?.map(readListed);
  const all = [...(listed ?? []), ...(single === undefined || single === "" ? [] : [single])];
  return {
    cniVersion: selectVersion(single, listed),
    cniVersions: [...new Set(all)].sort(compareVersions),
  };
}

function readListed(version: JsonValue, index: number): string {
  if (typeof version !== "string") {
    throw invalidConfig(`invalid type for cniVersions index ${index}: ${goType(version)}`);
  }
  checkVersion(version, `invalid cniVersions entry ${version} at index ${index}`);
  return version;
}

function checkVersion(version: string, prefix: string): void {
  try {
    parseVersion(version);
  } catch (error) {
    throw invalidConfig(`${prefix}: ${CniError.from(error).msg}`);
  }
}

/** A boolean; 0.4.0 once typed it as text, so "true" and "false" in any case are taken too. */
function readBoolean(list: JsonObject, key: string): boolean {
  const value = field(list, key);
  if (value === undefined) return false;
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") throw invalidConfig(`invalid type ${goType(value)} for ${key}`);
  const lower = value.toLowerCase();
  if (lower === "true" || lower === "false") return lower === "true";
  throw invalidConfig(`invalid value ${JSON.stringify(value)} for ${key}`);
}

function readPlugins(list: JsonObject, onlyInlined: boolean): PluginConfig[] {
  const plugins = field(list, "plugins");
  if (plugins === undefined) {
    if (onlyInlined) throw invalidConfig("`loadOnlyInlinedPlugins` is true, and no 'plugins' key");
    return [];
  }
  if (!Array.isArray(plugins)) throw invalidConfig(`invalid 'plugins' type ${goType(plugins)}`);
  if (plugins.length === 0) throw invalidConfig("no plugins in list");
  return plugins.map((plugin, index) =>
    prefixed(`failed to parse plugin config ${index}`, () => pluginConfigFrom(plugin)),
  );
}
