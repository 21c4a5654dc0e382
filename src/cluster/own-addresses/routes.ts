import type { Prefix } from "../../addr/index.ts";
import { link, type RouteSocket, route } from "../../kernel/route/index.ts";
import { invalidConfig } from "../../spec/index.ts";
import { ROUTE_PROTOCOL } from "../../state/overlay-routes/index.ts";
import type { ClusterNetwork } from "../networks/network.ts";
import { BITS, LIMIT, OVERLAY_DEVICE } from "./own.ts";

/**
 * A route of another program into the fleet's subnets leads packets for its containers elsewhere. One to a larger
 * network does not: the fleet's own are more specific. Where routers lead to the other nodes, such routes are theirs.
 * @throws CniError of code 7
 */
export function refuseRoutes(socket: RouteSocket, { cluster, bridge }: ClusterNetwork): void {
  if (cluster.overlay.kind === "none") return;
  const { subnets } = cluster.fleet;
  const within = (dst: Prefix): Prefix | undefined =>
    subnets.find((subnet) => subnet.overlaps(dst) && dst.length >= subnet.length);
  const found = route.list(socket, {
    table: route.RT_TABLE_MAIN,
    limit: LIMIT,
    where: ({ dst, type, protocol }) =>
      // Networks of this node's own addresses are judged by the addresses; a blackhole leads nowhere.
      type === route.RTN_UNICAST &&
      protocol !== ROUTE_PROTOCOL &&
      protocol !== route.RTPROT_KERNEL &&
      within(dst) !== undefined,
  });
  for (const { dst, gateway, index } of found) {
    const way = index === undefined ? undefined : link.get(socket, { index });
    if (way !== undefined && (way.name === bridge || OVERLAY_DEVICE.test(way.name))) continue;
    // The plugin ptp leads to each container of this node by itself.
    if (way?.kind === "veth" && dst.length === BITS[dst.family]) continue;
    const via = gateway === undefined ? "" : ` via ${gateway}`;
    const dev = way === undefined ? "" : ` dev ${way.name}`;
    throw invalidConfig(
      `subnet ${within(dst)} has the route ${dst}${via}${dev} of this node`,
      "it leads packets for containers elsewhere: remove it, or choose a subnet that nothing else uses; " +
        'where routers lead to the other nodes, "overlay" is "none"',
    );
  }
}
