import { ENV } from "../../spec/index.ts";
import { networkOf } from "../journal/index.ts";
import type { Request } from "../protocol/index.ts";

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
export function factsOf({ plugin, env, stdin }: Request): CallFacts {
  return {
    operation: env[ENV.COMMAND] ?? "",
    plugin,
    network: networkOf(new TextDecoder().decode(stdin)),
    containerId: env[ENV.CONTAINERID] ?? "",
    ifName: env[ENV.IFNAME] ?? "",
    netns: env[ENV.NETNS] ?? "",
  };
}
