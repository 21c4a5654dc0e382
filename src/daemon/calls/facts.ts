import { isAbsolute } from "node:path";
import { ENV } from "../../spec/index.ts";
import { STATE_DIR_VARIABLE } from "../../state/owner/index.ts";
import type { Request } from "../protocol/index.ts";
import { NESTED_VARIABLE } from "./foreign.ts";
import type { Stdin } from "./stdin.ts";

/** What is known of a call before its plugin reads it; "" for what it does not say. */
export interface CallFacts {
  readonly operation: string;
  readonly plugin: string;
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
  readonly netns: string;
}

/** Reads leniently: what is wrong with a call is the plugin's to tell. */
export function factsOf({ plugin, env }: Request, { network }: Stdin): CallFacts {
  return {
    operation: env[ENV.COMMAND] ?? "",
    plugin,
    network,
    containerId: env[ENV.CONTAINERID] ?? "",
    ifName: env[ENV.IFNAME] ?? "",
    netns: env[ENV.NETNS] ?? "",
  };
}

/**
 * Whether a call names files by where its caller stands. The daemon stands elsewhere, and a process
 * has one current directory: such a call is for a process of its own.
 */
export function needsOwnPlace({ env }: Request, stdin: Stdin): boolean {
  const stateDir = env[STATE_DIR_VARIABLE] ?? "";
  return stdin.hasRelativePath || (stateDir !== "" && !isAbsolute(stateDir));
}

/** Whether a program that the daemon started for another call asks. */
export function isNested({ env }: Request): boolean {
  return (env[NESTED_VARIABLE] ?? "") !== "";
}
