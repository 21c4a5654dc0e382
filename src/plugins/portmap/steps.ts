import { type Ip, Prefix } from "../../addr/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Attachment, Result } from "../../spec/index.ts";
import type { Step } from "../../steps/index.ts";
import {
  firstOfEachFamily,
  LocalnetStep,
  PortsStep,
  removal,
  targetsOf,
} from "../../steps/ports/index.ts";
import type { Sides } from "../../steps/sides.ts";
import type { PortmapConfig } from "./config.ts";

/** What ADD makes and CHECK verifies. */
export function mappingSteps(
  ctx: Context,
  config: PortmapConfig,
  prevResult: Result,
  sides: Sides,
): Step[] {
  const subnets = containerAddresses(prevResult, ctx.ifName);
  const addresses = firstOfEachFamily(subnets.map(({ ip }) => ip));
  const targets = targetsOf(config.mappings, addresses);
  const ports = new PortsStep({
    ...{ sides, owner: ownerOf(ctx), env: ctx.env, settings: config, targets, subnets },
    log: (text) => ctx.log(text),
  });
  const local = config.snat ? targets.find(({ address }) => address.family === 4) : undefined;
  return local === undefined ? [ports] : [new LocalnetStep(sides, local.address), ports];
}

/** What DEL undoes; the result, where there is one, spares it a search. */
export function removalSteps(ctx: Context, sides: Sides): Step[] {
  const subnets =
    ctx.prevResult === undefined ? [] : containerAddresses(ctx.prevResult, ctx.ifName);
  return [removal(sides, ownerOf(ctx), ctx.env, { subnets })];
}

/** Addresses of the container's interface, and those that name no interface at all. */
function containerAddresses(result: Result, ifName: string): Prefix[] {
  const own = result.ips.filter((ip) => {
    const place = ip.interface === undefined ? undefined : result.interfaces[ip.interface];
    if (place === undefined) return true;
    return place.name === ifName && (place.sandbox ?? "") !== "";
  });
  return own.map(({ address }) => Prefix.parse(address)).toSorted(byFamily);
}

/** IPv4 first, otherwise in the result's order. */
function byFamily({ ip: a }: { ip: Ip }, { ip: b }: { ip: Ip }): number {
  return a.family - b.family;
}

function ownerOf({ network, containerId, ifName }: Context): Attachment {
  return { network, containerId, ifName };
}
