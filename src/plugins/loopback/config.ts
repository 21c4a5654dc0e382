import * as v from "valibot";
import { Prefix } from "../../addr/index.ts";
import type { Context } from "../../plugin/index.ts";
import { isContainerInterface } from "../../spec/index.ts";

/** The plugin has no keys. */
export const schema: v.GenericSchema = v.object({});

/** The interface that every namespace is born with. CNI_IFNAME does not matter. */
export const LOOPBACK = "lo";

/** Of the result so far: the addresses that it says the container's loopback interface has. */
export function parseExpected({ prevResult }: Pick<Context, "prevResult">): Prefix[] {
  return (prevResult?.ips ?? []).flatMap((ip) => {
    const at = ip.interface === undefined ? undefined : prevResult?.interfaces[ip.interface];
    const isOwn = at !== undefined && isContainerInterface(at, LOOPBACK);
    const prefix = isOwn ? Prefix.tryParse(ip.address) : undefined;
    return prefix === undefined ? [] : [prefix];
  });
}
