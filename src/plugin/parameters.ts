/** The environment of a call: which variables an operation needs, and whether they hold what they must. */
import {
  CniError,
  checkContainerId,
  checkIfName,
  checkRequired,
  ENV,
  ErrorCode,
  isOperation,
  type PartialEnvironment,
  requiredVariables,
} from "../spec/index.ts";

/** The parameters of one call as they were handed over; "" when absent. */
export interface Parameters {
  readonly command: string;
  readonly containerId: string;
  readonly netns: string;
  readonly ifName: string;
  readonly rawArgs: string;
  readonly rawPath: string;
  /** The caller wants the plugin to work on the host's own namespace. */
  readonly netnsOverride: boolean;
}

/**
 * Reads the parameters (specification, section 2). A container ID or interface name that is
 * invalid is reported before any that is missing; both are errors of code 4.
 */
export function readParameters(env: PartialEnvironment, requirePath: boolean): Parameters {
  const command = env[ENV.COMMAND] ?? "";
  if (isOperation(command)) {
    for (const name of requiredVariables(command)) checkValue(name, env[name] ?? "");
  }
  checkRequired(env, { pathOptional: !requirePath });
  return {
    command,
    containerId: env[ENV.CONTAINERID] ?? "",
    netns: env[ENV.NETNS] ?? "",
    ifName: env[ENV.IFNAME] ?? "",
    rawArgs: env[ENV.ARGS] ?? "",
    rawPath: env[ENV.PATH] ?? "",
    netnsOverride: saysYes(env[ENV.NETNS_OVERRIDE] ?? ""),
  };
}

function saysYes(text: string): boolean {
  return text === "1" || text.toLowerCase() === "true";
}

function checkValue(name: string, value: string): void {
  if (value === "") return;
  if (name === ENV.CONTAINERID) {
    checkContainerId(value);
  } else if (name === ENV.IFNAME) {
    checkIfName(value);
  } else if (value.includes("\0")) {
    // A process cannot be given such a value, but a caller in the same process can.
    throw new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, `${name} contains a NUL character`);
  }
}
