import { Prefix } from "../../addr/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Result } from "../../spec/index.ts";
import type { Step } from "../../state/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import { attachmentOf } from "../../state/owner/index.ts";
import { type PortmapConfig, parseMappingsLeniently } from "./config.ts";
import { LocalnetStep, mappedAddresses, PortsStep, removal } from "./kind/index.ts";

/** What ADD makes and CHECK verifies. */
export function mappingSteps(
  ctx: Context,
  config: PortmapConfig,
  prevResult: Result,
  namespaces: Namespaces,
): Step[] {
  if (config.mappings.length === 0) return [];
  const addresses = containerAddresses(prevResult, ctx.ifName);
  const ports = new PortsStep({
    ...{ namespaces, owner: attachmentOf(ctx), env: ctx.env, settings: config, addresses },
    mappings: config.mappings,
    log: (text) => ctx.log(text),
  });
  // The switch comes last: taking it back could cut off others that rely on it by then.
  const local = mappedAddresses(addresses).find(({ ip }) => ip.family === 4);
  const isMapped = config.mappings.some(({ hostIp }) => hostIp?.family !== 6);
  if (!config.snat || local === undefined || !isMapped) return [ports];
  return [ports, new LocalnetStep(namespaces, local.ip)];
}

/** What DEL undoes; result and mappings, where they are given, tell it what identity cannot. */
export function removalSteps(ctx: Context, namespaces: Namespaces): Step[] {
  const addresses =
    ctx.prevResult === undefined ? [] : containerAddresses(ctx.prevResult, ctx.ifName);
  const mappings = parseMappingsLeniently(ctx);
  return [removal(namespaces, attachmentOf(ctx), ctx.env, { addresses, mappings })];
}

/** Addresses of the container's interface, and those that name no interface at all. */
function containerAddresses(result: Result, ifName: string): Prefix[] {
  const own = result.ips.filter((ip) => {
    const place = ip.interface === undefined ? undefined : result.interfaces[ip.interface];
    if (place === undefined) return true;
    return place.name === ifName && (place.sandbox ?? "") !== "";
  });
  return own.map(({ address }) => Prefix.parse(address));
}
