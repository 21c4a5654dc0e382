import * as v from "valibot";
import { Prefix } from "../../addr/index.ts";
import type { Context } from "../../plugin/index.ts";

/** The plugin has no keys. */
export const schema: v.GenericSchema = v.object({});

/** The interface that every namespace is born with. CNI_IFNAME does not matter. */
export const LOOPBACK = "lo";

/**
 * What there is to read is the result so far: the addresses
 * that it says the loopback interface of this namespace has.
 */
export function parseExpected(ctx: Pick<Context, "prevResult" | "netns">): Prefix[] {
  const { prevResult, netns } = ctx;
  const isOwn = (index: number | undefined): boolean => {
    const found = index === undefined ? undefined : prevResult?.interfaces[index];
    return found?.name === LOOPBACK && found.sandbox === netns;
  };
  return (prevResult?.ips ?? []).flatMap((ip) => {
    const prefix = isOwn(ip.interface) ? Prefix.tryParse(ip.address) : undefined;
    return prefix === undefined ? [] : [prefix];
  });
}
