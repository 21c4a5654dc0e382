/** The three ways in which a runtime hands over arguments: CNI_ARGS, `args.cni`, `runtimeConfig`. */
import {
  CniError,
  ErrorCode,
  field,
  invalidConfig,
  isObject,
  type JsonObject,
} from "../spec/index.ts";
import type { Context } from "./context.ts";

/** How strictly CNI_ARGS is read. */
export interface LoadArgsOptions {
  /** Overlook unknown and malformed arguments; for DEL, which must clean up whatever it is given. */
  readonly lenient?: boolean;
}

/**
 * Splits CNI_ARGS at ";" and "=". Unlike a runtime, which refuses them, a plugin accepts empty
 * values. A pair without exactly one "=" is an error of code 4, or left out when `lenient`.
 */
export function splitArgs(text: string, lenient: boolean): [string, string][] {
  const pairs: [string, string][] = [];
  for (const pair of text === "" ? [] : text.split(";")) {
    const [key = "", value, ...rest] = pair.split("=");
    if (value !== undefined && rest.length === 0) {
      pairs.push([key, value]);
    } else if (!lenient) {
      throw invalidArgs(`ARGS: invalid pair ${JSON.stringify(pair)}`);
    }
  }
  return pairs;
}

/**
 * Picks the arguments a plugin knows out of CNI_ARGS (`ctx.args`, or the text itself; specification,
 * section 2, and CONVENTIONS.md). Names match
 * with their case; the last of several wins. Any other is an error of code 4 that names it, unless
 * `IgnoreUnknown` is `1` or `true` or the call is lenient.
 *
 * @example
 * ```ts
 * import { loadArgs } from "hawser/plugin";
 *
 * loadArgs("MAC=c2:11:22:33:44:55", ["MAC", "IP"]); // → { MAC: "c2:11:22:33:44:55" }
 * loadArgs("K8S_POD_NAME=web;IgnoreUnknown=1", ["MAC"]); // → {}
 * loadArgs("K8S_POD_NAME=web", ["MAC"]); // throws CniError 4: ARGS: unknown args ["K8S_POD_NAME=web"]
 * ```
 */
export function loadArgs<const Name extends string>(
  args: string | readonly (readonly [string, string])[],
  known: readonly Name[],
  options: LoadArgsOptions = {},
): Partial<Record<Name, string>> {
  const lenient = options.lenient === true;
  const pairs = typeof args === "string" ? splitArgs(args, lenient) : args;
  const found: Partial<Record<Name, string>> = {};
  const unknown: string[] = [];
  let ignoreUnknown = lenient;
  for (const [key, value] of pairs) {
    const name = known.find((candidate) => candidate === key);
    if (name !== undefined) {
      found[name] = value;
    } else if (key !== "IgnoreUnknown") {
      unknown.push(`${key}=${value}`);
    } else if (!lenient) {
      ignoreUnknown = readBoolean(key, value);
    }
  }
  if (unknown.length > 0 && !ignoreUnknown) {
    const list = unknown.map((pair) => JSON.stringify(pair)).join(" ");
    throw invalidArgs(
      `ARGS: unknown args [${list}]`,
      "IgnoreUnknown=1 among them makes plugins overlook what they do not know",
    );
  }
  return found;
}

function readBoolean(key: string, value: string): boolean {
  if (/^(?:1|true)$/iu.test(value)) return true;
  if (/^(?:0|false)$/iu.test(value)) return false;
  throw invalidArgs(
    `ARGS: error parsing value of pair ${JSON.stringify(`${key}=${value}`)}: ` +
      "boolean unmarshal error: it must be 1, 0, true or false",
  );
}

function invalidArgs(msg: string, details = ""): CniError {
  return new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg, { details });
}

/**
 * The object `args.cni` of the configuration (CONVENTIONS.md); empty when there is none. What is no
 * object is a CniError of code 7.
 *
 * @example
 * ```ts
 * import { cniArgs } from "hawser/plugin";
 *
 * cniArgs({ config: { args: { cni: { ips: ["10.1.0.7"] } } } }); // → { ips: ["10.1.0.7"] }
 * cniArgs({ config: {} }); // → {}
 * ```
 */
export function cniArgs(ctx: Pick<Context, "config">): JsonObject {
  return objectAt(objectAt(ctx.config, "args", "args"), "cni", "args.cni");
}

/**
 * What the runtime supplied for the plugin's capabilities (section 3, deriving execution
 * configuration); empty when nothing. What is no object is a CniError of code 7.
 *
 * @example
 * ```ts
 * import { runtimeConfig } from "hawser/plugin";
 *
 * runtimeConfig({ config: { runtimeConfig: { mac: "c2:11:22:33:44:55" } } }); // → { mac: "c2:11:22:33:44:55" }
 * runtimeConfig({ config: { runtimeConfig: 1 } }); // throws CniError 7: "runtimeConfig" must be an object
 * ```
 */
export function runtimeConfig(ctx: Pick<Context, "config">): JsonObject {
  return objectAt(ctx.config, "runtimeConfig", "runtimeConfig");
}

function objectAt(parent: JsonObject, key: string, where: string): JsonObject {
  const value = field(parent, key) ?? null;
  if (value === null) return {};
  if (isObject(value)) return value;
  throw invalidConfig(`"${where}" must be an object`, `"${where}" is ${JSON.stringify(value)}`);
}
