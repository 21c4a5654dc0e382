import { isAbsolute } from "node:path";
import { PLUGINS, traitsOf } from "../../plugins/registry/index.ts";
import { ENV } from "../../spec/index.ts";
import { STATE_DIR_VARIABLE } from "../../state/owner/index.ts";
import type { Request } from "../accept/index.ts";
import type { Stdin } from "./stdin.ts";

/** The facts of a call that are known before its plugin reads it; "" where the call has none. */
export interface CallFacts {
  readonly operation: string;
  readonly plugin: string;
  readonly network: string;
  readonly containerId: string;
  readonly ifName: string;
  readonly netns: string;
}

/** Reads leniently, since the plugin reports what is wrong with a call. */
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
 * The IPAM plugin that a call waits for, where that takes what another program or a server takes;
 * undefined where it is one of Hawser's that keeps nothing but files.
 */
export function delegateOf({ ipam }: Stdin): string | undefined {
  if (ipam === "") return undefined;
  const isLocal = PLUGINS.has(ipam) && traitsOf(ipam)?.releaseNeedsLink !== true;
  return isLocal ? undefined : ipam;
}

/**
 * Whether a call names files by relative paths. The daemon has one current directory, which is not
 * the caller's, so that such a call needs a process of its own.
 */
export function needsOwnProcess({ env }: Request, stdin: Stdin): boolean {
  const stateDir = env[STATE_DIR_VARIABLE] ?? "";
  return stdin.hasRelativePath || (stateDir !== "" && !isAbsolute(stateDir));
}
