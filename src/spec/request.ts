import { checkValidAttachment, type ValidAttachment } from "./attachment.ts";
import type { NetworkConfig, PluginConfig } from "./config/types.ts";
import { foldKey, JsonDocument, type JsonObject, type JsonValue, setField } from "./json/index.ts";
import type { Operation } from "./parameters/index.ts";
import { convertResult, type Result } from "./result/index.ts";
import { atLeast } from "./versions.ts";

/** The key of a GC request's list of valid attachments, as the specification has it today. */
export const VALID_ATTACHMENTS = "cni.dev/valid-attachments";

/** The same list under the key that the text tagged 1.1.0 names. */
export const ATTACHMENTS = "cni.dev/attachments";

/** What a request is derived for. */
export interface RequestOptions {
  /** VERSION has no request of its own. */
  readonly operation: Exclude<Operation, "VERSION">;
  /** ADD: result of the plugin before; CHECK and DEL: final result of the ADD. */
  readonly prevResult?: Result;
  /** Capability arguments the runtime was given; only declared ones reach the plugin. */
  readonly capabilityArgs?: JsonObject;
  /** GC: what is still attached. */
  readonly validAttachments?: readonly ValidAttachment[];
  /**
   * Keeps what libcni keeps against the specification: `capabilities`, keys that start with
   * `cni.dev/`, and what the configuration itself says of `runtimeConfig` and, beyond ADD, `prevResult`.
   */
  readonly libcni?: boolean;
}

/**
 * Derives the configuration one plugin gets on its standard input (specification, section 3).
 * `cniVersion` (left out when the network has none) and `name` are the network's, `prevResult` is
 * converted to that version, and all keys that are the plugin's own pass unchanged to the digit.
 * Gives JSON on one line. A `prevResult` that cannot be converted is an error of `convertResult`, a list
 * of valid attachments without their names one of code 4.
 *
 * @example
 * ```ts
 * import { deriveRequest, parseNetworkConfig, parsePluginConfig } from "hawser/spec";
 *
 * const list = parseNetworkConfig('{"cniVersion": "1.0.0", "name": "dbnet"}');
 * const plugin = parsePluginConfig('{"type": "tuning", "capabilities": {"mac": true}}');
 * const capabilityArgs = { mac: "c2:11:22:33:44:55", bandwidth: {} };
 * const request = deriveRequest(list, plugin, { operation: "ADD", capabilityArgs });
 * JSON.parse(request).runtimeConfig; // → { mac: "c2:11:22:33:44:55" }
 * JSON.parse(request).name; // → "dbnet"
 * ```
 */
export function deriveRequest(
  list: Pick<NetworkConfig, "name" | "cniVersion">,
  plugin: PluginConfig,
  options: RequestOptions,
): string {
  return requestDocument(list, plugin, options).text;
}

/**
 * The same as a document, whose text a plugin in this process need not read.
 * @throws CniError as `deriveRequest` does
 *
 * @example
 * ```ts
 * import { parseNetworkConfig, parsePluginConfig, requestDocument } from "hawser/spec";
 *
 * const list = parseNetworkConfig('{"cniVersion": "1.0.0", "name": "dbnet"}');
 * const plugin = parsePluginConfig('{"type": "tuning"}');
 * const { value } = requestDocument(list, plugin, { operation: "STATUS" });
 * value; // → { cniVersion: "1.0.0", name: "dbnet", type: "tuning" }
 * ```
 */
export function requestDocument(
  list: Pick<NetworkConfig, "name" | "cniVersion">,
  plugin: PluginConfig,
  options: RequestOptions,
): JsonDocument {
  const injected = injections(list, plugin, options);
  const replaced = ["cniversion", "name", ...Object.keys(injected).map(foldKey)];
  const request: JsonObject = {};
  if (list.cniVersion !== "") setField(request, "cniVersion", list.cniVersion);
  setField(request, "name", list.name);
  for (const key of Object.keys(plugin.json)) {
    // Go's decoder ignores case, so a key in another case would override the runtime's.
    const folded = foldKey(key);
    if (!replaced.includes(folded) && passes(folded, options)) {
      setField(request, key, plugin.json[key] ?? null);
    }
  }
  for (const key of Object.keys(injected)) setField(request, key, injected[key] ?? null);
  return JsonDocument.ofValue(request);
}

/**
 * The capability arguments that are both declared by the plugin and supplied by the runtime
 * (section 3, deriving execution configuration).
 *
 * @example
 * ```ts
 * import { parsePluginConfig, selectCapabilities } from "hawser/spec";
 *
 * const plugin = parsePluginConfig('{"type": "tuning", "capabilities": {"mac": true}}');
 * selectCapabilities(plugin, { mac: "c2:11:22:33:44:55", ips: [] }); // → { mac: "c2:11:22:33:44:55" }
 * ```
 */
export function selectCapabilities(plugin: PluginConfig, supplied: JsonObject): JsonObject {
  const selected: JsonObject = {};
  for (const capability of Object.keys(plugin.capabilities)) {
    const value = Object.hasOwn(supplied, capability) ? supplied[capability] : undefined;
    if (plugin.capabilities[capability] === true && value !== undefined) {
      setField(selected, capability, value);
    }
  }
  return selected;
}

/**
 * The keys of the configuration that are reserved for the runtime (section 1).
 *
 * @example
 * ```ts
 * import { parsePluginConfig, reservedKeys } from "hawser/spec";
 *
 * reservedKeys(parsePluginConfig('{"type": "tuning", "runtimeConfig": {}}')); // → ["runtimeConfig"]
 * ```
 */
export function reservedKeys(plugin: PluginConfig): string[] {
  return Object.keys(plugin.json).filter((key) => {
    const name = foldKey(key);
    return ["runtimeconfig", "args", "prevresult"].includes(name) || name.startsWith("cni.dev/");
  });
}

function injections(
  list: Pick<NetworkConfig, "cniVersion">,
  plugin: PluginConfig,
  options: RequestOptions,
): JsonObject {
  const { operation, prevResult } = options;
  const injected: JsonObject = {};
  if (operation === "GC") {
    const attachments = (options.validAttachments ?? []).map((one, index): JsonValue => {
      checkValidAttachment(one, index);
      return { containerID: one.containerId, ifname: one.ifName };
    });
    return { [VALID_ATTACHMENTS]: attachments, [ATTACHMENTS]: attachments };
  }
  if (operation === "STATUS") return injected;
  const runtimeConfig = selectCapabilities(plugin, options.capabilityArgs ?? {});
  if (Object.keys(runtimeConfig).length > 0) injected["runtimeConfig"] = runtimeConfig;
  // Before 0.4.0 only ADD carries the result.
  if (prevResult !== undefined && (operation === "ADD" || atLeast(list.cniVersion, "0.4.0"))) {
    injected["prevResult"] = convertResult(prevResult, list.cniVersion);
  }
  return injected;
}

/** Whether a key of the plugin's own configuration reaches it. */
function passes(key: string, { operation, libcni }: RequestOptions): boolean {
  if (libcni === true) return true;
  if (key === "capabilities" || key.startsWith("cni.dev/")) return false;
  // A plugin that follows none may have a fixed one, as the specification's examples do.
  if (key === "prevresult") return operation === "ADD";
  // Plugins' users rely on a fixed runtimeConfig; GC and STATUS have none by specification.
  return key !== "runtimeconfig" || (operation !== "GC" && operation !== "STATUS");
}
