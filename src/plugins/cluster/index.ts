import type { Plugin } from "../../plugin/index.ts";
import { atLeast, type Result, type Route } from "../../spec/index.ts";
import { filePlugin } from "../../state/index.ts";
import { type PluginConfig, parseConfig } from "./config.ts";
import { reservation } from "./kind/reservation.ts";

export { schema } from "./config.ts";
export { type FleetPool, fleetPool } from "./pools.ts";

/** The version from which on a route of a result has room for an MTU. */
const MTU_SINCE = "1.1.0";

/** Hands out addresses of a fleet, from what this node holds of them. */
export const plugin: Plugin = filePlugin<PluginConfig>({
  name: "cluster",
  chained: "optional",
  config: parseConfig,
  kinds: [reservation],
  want(scene) {
    const { config, ctx } = scene;
    const piece = reservation.want(scene, config);
    const result = (): Partial<Result> => ({
      ips: piece.ips(),
      routes: routesWith(atLeast(ctx.cniVersion, MTU_SINCE) ? piece.mtu() : undefined, config),
    });
    return {
      pieces: [piece],
      result,
      expected: () => (piece.ips().length === 0 ? undefined : result()),
    };
  },
});

/** A route that says nothing of packets takes none that the way between the nodes does not. */
function routesWith(mtu: number | undefined, { routes }: PluginConfig): Route[] {
  if (mtu === undefined) return [...routes];
  return routes.map((route) => ({ ...route, mtu: route.mtu ?? mtu }));
}
