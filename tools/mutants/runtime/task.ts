import {
  isObject,
  type JsonObject,
  type JsonValue,
  parseJson,
  type ValidAttachment,
} from "../../../src/spec/index.ts";
import type { Task } from "./fault.ts";

/** What the suite asks of an adapter: a word, and parameters that begin with `CONF_`. */

const OPERATIONS = ["ADD", "DEL", "CHECK", "GC", "STATUS"] as const;

/** Reads it; undefined where the word is none that a runtime carries out. */
export function readTask(
  word: string,
  env: Readonly<Record<string, string | undefined>>,
): Task | undefined {
  const operation = OPERATIONS.find((one) => one === word.toUpperCase());
  if (operation === undefined) return undefined;
  const { CONF_CAPABILITIES: capabilities, CONF_ARGS: args, CONF_TIMEOUT: seconds } = env;
  return {
    operation,
    configDir: env["CONF_CONFDIR"] ?? "",
    network: env["CONF_NETWORK"] ?? "",
    pluginDirs: (env["CONF_PLUGIN_DIRS"] ?? "").split(":"),
    cacheDir: env["CONF_CACHE_DIR"] ?? "",
    conf: {
      containerId: env["CONF_CONTAINER"] ?? "",
      netns: env["CONF_NETNS"] ?? "",
      ifName: env["CONF_IFNAME"] ?? "",
      ...(args === undefined ? {} : { args: pairs(args) }),
      ...(capabilities === undefined ? {} : { capabilityArgs: objectIn(capabilities) }),
    },
    valid: validIn(env["CONF_VALID"] ?? "[]"),
    ...(seconds === undefined ? {} : { timeoutMs: Number(seconds) * 1000 }),
  };
}

function pairs(text: string): [string, string][] {
  return text
    .split(";")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
}

function objectIn(text: string): JsonObject {
  const value = parseJson(text);
  return isObject(value) ? value : {};
}

function validIn(text: string): ValidAttachment[] {
  const value: JsonValue = parseJson(text);
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).map(({ containerID, ifname }) => ({
    containerId: typeof containerID === "string" ? containerID : "",
    ifName: typeof ifname === "string" ? ifname : "",
  }));
}
