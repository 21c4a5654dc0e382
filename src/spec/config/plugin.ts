import { defined } from "../../base/index.ts";
import { invalidConfig } from "../errors.ts";
import {
  field,
  isObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  setField,
} from "../json/index.ts";
import { checkPluginType } from "../parameters/index.ts";
import { goType, prefixed } from "./read.ts";
import type { PluginConfig } from "./types.ts";

/**
 * Reads one plugin's configuration object (specification, section 1). Every error says
 * `error parsing configuration: …`; code 6 for bad JSON, else 7.
 *
 * @example
 * ```ts
 * import { parsePluginConfig } from "hawser/spec";
 *
 * const plugin = parsePluginConfig('{"type": "portmap", "capabilities": {"portMappings": true}}');
 * plugin.type; // → "portmap"
 * plugin.capabilities; // → { portMappings: true }
 *
 * parsePluginConfig("{}"); // throws CniError 7: error parsing configuration: missing 'type'
 * ```
 */
export function parsePluginConfig(text: string): PluginConfig {
  return prefixed("error parsing configuration", () => readPlugin(parseJson(text)));
}

/**
 * The same for an object that is parsed already: one of `plugins` of a network, say.
 * @throws CniError of code 7
 *
 * @example
 * ```ts
 * import { pluginConfigFrom } from "hawser/spec";
 *
 * pluginConfigFrom({ type: "bridge", bridge: "cni0" }).json["bridge"]; // → "cni0"
 * ```
 */
export function pluginConfigFrom(value: JsonValue): PluginConfig {
  return prefixed("error parsing configuration", () => readPlugin(value));
}

function readPlugin(value: JsonValue): PluginConfig {
  if (!isObject(value)) throw invalidConfig(`must be a JSON object, not ${goType(value)}`);
  const type = optional(value, "type", isString, "a string") ?? "";
  if (type === "") {
    const hint = field(value, "plugins") === undefined ? "" : ": the object is a list of plugins";
    throw invalidConfig(`missing 'type'${hint}`);
  }
  checkPluginType(type);
  const name = optional(value, "name", isString, "a string");
  optional(value, "cniVersion", isString, "a string");
  optional(value, "prevResult", isObject, "an object");
  const ipam = optional(value, "ipam", isObject, "an object");
  if (ipam !== undefined) optional(ipam, "type", isString, "a string", "ipam.");
  checkDns(value);
  const capabilities = readCapabilities(value);
  return { type, ...defined({ name }), capabilities, json: value };
}

function readCapabilities(value: JsonObject): Record<string, boolean> {
  const declared = optional(value, "capabilities", isObject, "an object") ?? {};
  const capabilities: Record<string, boolean> = {};
  for (const [name, enabled] of Object.entries(declared)) {
    if (enabled !== null && typeof enabled !== "boolean") {
      throw invalidConfig(
        `invalid type ${goType(enabled)} for capabilities.${name}: must be a boolean`,
      );
    }
    setField(capabilities, name, enabled === true);
  }
  return capabilities;
}

function checkDns(value: JsonObject): void {
  const dns = optional(value, "dns", isObject, "an object");
  if (dns === undefined) return;
  optional(dns, "domain", isString, "a string", "dns.");
  for (const key of ["nameservers", "search", "options"]) {
    optional(dns, key, isStrings, "a list of strings", "dns.");
  }
}

/** The value of a key if it is of the right kind; undefined when absent or null. */
function optional<T extends JsonValue>(
  object: JsonObject,
  key: string,
  isRight: (value: JsonValue) => value is T,
  right: string,
  where = "",
): T | undefined {
  const value = field(object, key) ?? null;
  if (value === null) return undefined;
  if (isRight(value)) return value;
  throw invalidConfig(`invalid type ${goType(value)} for ${where}${key}: must be ${right}`);
}

function isString(value: JsonValue): value is string {
  return typeof value === "string";
}

function isStrings(value: JsonValue): value is string[] {
  return Array.isArray(value) && value.every((item) => item === null || isString(item));
}
