import { type Ip, Prefix } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { route } from "../../kernel/route/index.ts";
import type { Route } from "../../spec/index.ts";
import type { OwnAddress } from "./own-address.ts";

/** A route by which a subnet, or its gateway, is reached over a link with no other host on it. */
export type GatewayRoute = Pick<route.RouteSpec, "dst" | "gateway" | "scope" | "source">;

/**
 * The routes that take the place of those to the subnets: each gateway is on the link, and all
 * other hosts of the subnet are behind it. Addresses of one subnet share them.
 */
export function gatewayRoutes(own: readonly OwnAddress[]): GatewayRoute[] {
  const routes = new Map<string, GatewayRoute>();
  const put = (one: GatewayRoute): void => {
    const key = one.dst.toString();
    if (!routes.has(key)) routes.set(key, one);
  };
  const reachable = own.filter(hasGateway);
  for (const { prefix, gateway } of reachable) {
    const scope = gateway.family === 4 ? route.RT_SCOPE_LINK : route.RT_SCOPE_UNIVERSE;
    put({ dst: Prefix.ofHost(gateway), scope, source: prefix.ip });
  }
  for (const { prefix, gateway } of reachable) {
    const subnet = prefix.network();
    // The subnet of one address is the container itself.
    if (!subnet.equals(Prefix.ofHost(prefix.ip))) put({ dst: subnet, gateway, source: prefix.ip });
  }
  return [...routes.values()];
}

/** The route in the words of a result. */
export function asPromised({ dst, gateway }: GatewayRoute): Route {
  return { dst: dst.toString(), ...defined({ gw: gateway?.toString() }) };
}

function hasGateway(own: OwnAddress): own is OwnAddress & { readonly gateway: Ip } {
  return own.gateway !== undefined;
}
