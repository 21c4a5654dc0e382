import type { Prefix } from "../../../addr/index.ts";
import type { Context } from "../../../plugin/index.ts";
import { invalidConfig } from "../../../spec/index.ts";
import { at, type PortMapping } from "./mapping.ts";

/**
 * Judges mappings that lead nowhere, because the container has no address of their family. One that
 * names an address of the host is refused. Clients fill in `0.0.0.0` or `::` by themselves, so such a
 * one, or one without address, is only reported, unless its port is mapped in the other family.
 * @throws CniError of code 7
 */
export function refuseLost(
  { log }: Pick<Context, "log">,
  mappings: readonly PortMapping[],
  addresses: readonly Prefix[],
): void {
  const families = new Set(addresses.map(({ ip }) => ip.family));
  const isLost = ({ hostIp }: PortMapping): boolean =>
    hostIp === undefined ? families.size === 0 : !families.has(hostIp.family);
  const mapped = new Set(mappings.filter((each) => !isLost(each)).map(portText));
  for (const mapping of mappings.filter(isLost)) {
    const { hostIp, protocol, hostPort } = mapping;
    const lacks = `the container has no ${hostIp === undefined ? "" : `IPv${hostIp.family} `}address`;
    if (hostIp !== undefined && !hostIp.isUnspecified) {
      throw invalidConfig(`${protocol} ${at(hostIp, hostPort)} cannot be mapped: ${lacks}`);
    }
    const text = portText(mapping);
    if (!mapped.has(text)) log(`portmap: ${text} is not mapped: ${lacks}`);
  }
}

function portText({ protocol, hostPort }: PortMapping): string {
  return `${protocol} port ${hostPort}`;
}
