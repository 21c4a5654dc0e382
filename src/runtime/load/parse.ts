import {
  CniError,
  field,
  invalidConfig,
  isObject,
  type JsonValue,
  type NetworkConfig,
  networkConfigFrom,
  type PluginConfig,
  parseJson,
  parseJsonWithComments,
  pluginConfigFrom,
  printJson,
} from "../../spec/index.ts";

/**
 * Reads a network's configuration from text that may hold comments.
 * @throws CniError as `parseNetworkConfig` does
 *
 * @example
 * ```ts
 * import { networkFromText } from "hawser/runtime";
 *
 * const list = networkFromText('{"name": "dbnet", "plugins": [{"type": "bridge"}]} // as in the README');
 * list.name; // → "dbnet"
 * ```
 */
export function networkFromText(text: string): NetworkConfig {
  const { value, plain } = parseText(text, "error parsing configuration list");
  return networkConfigFrom(value, plain);
}

/**
 * Reads one plugin's configuration from text that may hold comments.
 * @throws CniError as `parsePluginConfig` does
 *
 * @example
 * ```ts
 * import { pluginFromText } from "hawser/runtime";
 *
 * pluginFromText('{"type": "bridge"} // the default one').type; // → "bridge"
 * ```
 */
export function pluginFromText(text: string): PluginConfig {
  return pluginConfigFrom(parsePluginText(text));
}

/** The JSON of one plugin's configuration in text that may hold comments. */
export function parsePluginText(text: string): JsonValue {
  return parseText(text, "error parsing configuration").value;
}

/** Reads the text as it is, and only if it is no JSON, without its comments; gives it without them. */
function parseText(text: string, prefix: string): { value: JsonValue; plain: string } {
  try {
    return { value: parseJson(text), plain: text };
  } catch {
    try {
      const value = parseJsonWithComments(text);
      return { value, plain: printJson(value) };
    } catch (error) {
      const { code, message } = CniError.from(error);
      throw new CniError(code, `${prefix}: ${message}`, { cause: error });
    }
  }
}

/** Refuses a whole list in a file for a single plugin, and says what to do. */
export function refuseList(file: string, value: JsonValue): void {
  if (!isObject(value) || field(value, "plugins") === undefined) return;
  throw invalidConfig(
    `${file} holds a list of plugins, but its name is that of a single plugin's configuration; ` +
      "rename it to end in .conflist",
  );
}

/** Refuses one plugin's object in a file for a list, and says what to do. */
export function refuseSingle(file: string, value: JsonValue | undefined): void {
  if (!isObject(value) || field(value, "type") === undefined) return;
  throw invalidConfig(
    `${file} holds a single plugin's configuration, but its name is that of a list of plugins: ` +
      'no plugin configs found; put the object into "plugins", or rename the file to end in .conf',
  );
}
