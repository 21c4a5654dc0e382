import { excerpt } from "../../base/index.ts";
import {
  CniError,
  field,
  invalidConfig,
  isNumber,
  isObject,
  type JsonObject,
  type JsonValue,
  MAX_DEPTH,
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
 * The configuration of a network that a program has as a value, such as an object literal: as the same
 * text in a file would be. What JSON cannot express is an error rather than left out.
 * @throws CniError of code 7, as `parseNetworkConfig` does
 *
 * @example
 * ```ts
 * import { networkFrom } from "hawser/runtime";
 *
 * const list = networkFrom({ cniVersion: "1.1.0", name: "dbnet", plugins: [{ type: "bridge" }] });
 * list.plugins[0]?.type; // → "bridge"
 * networkFrom({ name: "dbnet", plugins: [] }); // throws CniError 7: error parsing configuration list: no plugins
 * networkFrom({ name: "dbnet", plugins: [{ type: "bridge", mtu: NaN }] }); // throws CniError 7: "plugins[0].mtu" is NaN
 * ```
 */
export function networkFrom(value: JsonObject): NetworkConfig {
  checkExpressible(value, "", 0);
  return networkFromText(printJson(value));
}

/** @throws CniError of code 7 for what would be lost, or be another value, in JSON */
function checkExpressible(value: unknown, where: string, depth: number): void {
  if (depth > MAX_DEPTH) {
    throw invalidConfig("the configuration is nested too deeply, or in itself");
  }
  if (value === null || ["string", "boolean", "undefined"].includes(typeof value)) return;
  if (isNumber(value) && (typeof value !== "number" || Number.isFinite(value))) return;
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) {
      if (part === undefined) refuseValue(part, `${where}[${index}]`);
      checkExpressible(part, `${where}[${index}]`, depth + 1);
    }
  } else if (isPlain(value)) {
    for (const [key, part] of Object.entries(value)) {
      checkExpressible(part, where === "" ? key : `${where}.${key}`, depth + 1);
    }
  } else {
    refuseValue(value, where);
  }
}

function refuseValue(value: unknown, where: string): never {
  throw invalidConfig(`"${where}" is ${excerpt(textOf(value))}, which JSON cannot express`);
}

function textOf(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return `${value}`;
  if (typeof value === "function" || typeof value === "symbol") return value.toString();
  return value === undefined ? "undefined" : Object.prototype.toString.call(value);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
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
