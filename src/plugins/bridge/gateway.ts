import { Prefix } from "../../addr/index.ts";
import type { IpConfig, Result, Route } from "../../spec/index.ts";

const DEFAULT_ROUTES = { 4: "0.0.0.0/0", 6: "::/0" } as const;

/** An address with the gateway that the subnet's first address is when IPAM names none. */
export function withGateway(ip: IpConfig): IpConfig {
  if (ip.gateway !== undefined) return ip;
  return { ...ip, gateway: Prefix.parse(ip.address).network().ip.next().toString() };
}

/** Adds a default route through the first gateway of each family that has none through a gateway. */
export function withDefaultRoutes(routes: readonly Route[], ips: readonly IpConfig[]): Route[] {
  const all = [...routes];
  for (const { address, gateway } of ips) {
    const dst = DEFAULT_ROUTES[Prefix.parse(address).family];
    if (gateway === undefined) continue;
    if (all.some((route) => route.dst === dst && route.gw !== undefined)) continue;
    all.push({ dst, gw: gateway });
  }
  return all;
}

/** The gateways of a result's addresses, with the length of their subnets. */
export function gatewaysOf(result: Result): Prefix[] {
  return result.ips.flatMap(({ address, gateway }) =>
    gateway === undefined ? [] : [Prefix.parse(`${gateway}/${Prefix.parse(address).length}`)],
  );
}
