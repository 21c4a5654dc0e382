import { CniError, ErrorCode } from "../errors.ts";
import type { PartialEnvironment } from "./environment.ts";

/** The six operations of the specification, as `CNI_COMMAND` names them. */
export const OPERATIONS = ["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION"] as const;

/** One of the six operations. */
export type Operation = (typeof OPERATIONS)[number];

/** The environment variables of the execution protocol (section 2) and of the Go plugins. */
export const ENV = {
  COMMAND: "CNI_COMMAND",
  CONTAINERID: "CNI_CONTAINERID",
  NETNS: "CNI_NETNS",
  IFNAME: "CNI_IFNAME",
  ARGS: "CNI_ARGS",
  PATH: "CNI_PATH",
  /** `1` or `true` switches off the check that the namespace is not the plugin's own. */
  NETNS_OVERRIDE: "CNI_NETNS_OVERRIDE",
} as const;

/** Name of a variable of the protocol. */
export type EnvName = (typeof ENV)[keyof typeof ENV];

/**
 * Whether the text names one of the six operations, in capital letters (section 2).
 *
 * @example
 * ```ts
 * import { isOperation } from "hawser/spec";
 *
 * isOperation("ADD"); // → true
 * isOperation("add"); // → false
 * ```
 */
export function isOperation(command: string): command is Operation {
  return (OPERATIONS as readonly string[]).includes(command);
}

/**
 * The operation named by `CNI_COMMAND` (section 2); an unknown one is a CniError of code 4.
 *
 * @example
 * ```ts
 * import { parseOperation } from "hawser/spec";
 *
 * parseOperation("GC"); // → "GC"
 * parseOperation("NOPE"); // throws CniError 4: unknown CNI_COMMAND: NOPE
 * ```
 */
export function parseOperation(command: string): Operation {
  if (isOperation(command)) return command;
  throw new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, `unknown CNI_COMMAND: ${command}`);
}

/** How `CNI_PATH` is treated: the Go kit demands it, the specification calls it optional. */
export interface RequiredOptions {
  /** Leaves `CNI_PATH` out where the specification does (all but GC). */
  readonly pathOptional?: boolean;
}

const ATTACHMENT = [ENV.COMMAND, ENV.CONTAINERID, ENV.NETNS, ENV.IFNAME, ENV.PATH] as const;

const REQUIRED: Readonly<Record<Operation, readonly EnvName[]>> = {
  ADD: ATTACHMENT,
  CHECK: ATTACHMENT,
  DEL: [ENV.COMMAND, ENV.CONTAINERID, ENV.IFNAME, ENV.PATH],
  GC: [ENV.COMMAND, ENV.PATH],
  STATUS: [ENV.COMMAND, ENV.PATH],
  VERSION: [ENV.COMMAND],
};

/**
 * The variables an operation needs (section 2), in the order in which missing ones are named.
 *
 * @example
 * ```ts
 * import { requiredVariables } from "hawser/spec";
 *
 * requiredVariables("STATUS"); // → ["CNI_COMMAND", "CNI_PATH"]
 * requiredVariables("STATUS", { pathOptional: true }); // → ["CNI_COMMAND"]
 * ```
 */
export function requiredVariables(
  operation: Operation,
  options: RequiredOptions = {},
): readonly EnvName[] {
  const all = REQUIRED[operation];
  if (options.pathOptional !== true || operation === "GC") return all;
  return all.filter((name) => name !== ENV.PATH);
}

/**
 * Checks the variables of a request (section 2; empty counts as missing). All missing ones are named in one
 * error of code 4; an unknown command needs nothing but itself.
 *
 * @example
 * ```ts
 * import { checkRequired } from "hawser/spec";
 *
 * checkRequired({ CNI_COMMAND: "VERSION" }); // → undefined
 * checkRequired({ CNI_COMMAND: "GC" }); // throws CniError 4: required env variables [CNI_PATH] missing
 * ```
 */
export function checkRequired(env: PartialEnvironment, options: RequiredOptions = {}): void {
  const command = env[ENV.COMMAND] ?? "";
  const required = isOperation(command) ? requiredVariables(command, options) : [ENV.COMMAND];
  const missing = required.filter((name) => (env[name] ?? "") === "");
  if (missing.length === 0) return;
  throw new CniError(
    ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
    `required env variables [${missing.join(",")}] missing`,
  );
}
