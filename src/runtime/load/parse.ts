import {
  CniError,
  ErrorCode,
  field,
  isObject,
  type NetworkConfig,
  type PluginConfig,
  parseJson,
  parseJsonWithComments,
  parseNetworkConfig,
  parsePluginConfig,
  printJson,
} from "../../spec/index.ts";

/**
 * Reads a network's configuration from text that may hold comments. Throws as `parseNetworkConfig`
 * does.
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
  return withoutComments(text, "error parsing configuration list", parseNetworkConfig);
}

/**
 * Reads one plugin's configuration from text that may hold comments. Throws as `parsePluginConfig`
 * does.
 *
 * @example
 * ```ts
 * import { pluginFromText } from "hawser/runtime";
 *
 * pluginFromText('{"type": "bridge"} // the default one').type; // → "bridge"
 * ```
 */
export function pluginFromText(text: string): PluginConfig {
  return withoutComments(text, "error parsing configuration", parsePluginConfig);
}

/** Reads the text as it is, and only if it is no JSON without its comments. */
function withoutComments<T>(text: string, prefix: string, read: (text: string) => T): T {
  let plain = text;
  try {
    parseJson(text);
  } catch {
    try {
      plain = printJson(parseJsonWithComments(text));
    } catch (error) {
      const { code, message } = CniError.from(error);
      throw new CniError(code, `${prefix}: ${message}`, { cause: error });
    }
  }
  return read(plain);
}

/** Refuses a file for a single plugin that holds a whole list, and says what to do. */
export function refuseList(file: string, text: string): void {
  let value: unknown;
  try {
    value = parseJsonWithComments(text);
  } catch {
    return; // told elsewhere
  }
  if (!isObject(value) || field(value, "plugins") === undefined) {
    return;
  }
  throw new CniError(
    ErrorCode.INVALID_NETWORK_CONFIG,
    `${file} holds a list of plugins, but its name is that of a single plugin's configuration; ` +
      "rename it to end in .conflist",
  );
}
