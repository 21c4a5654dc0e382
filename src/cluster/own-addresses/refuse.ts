import { Prefix } from "../../addr/index.ts";
import { address, link, RouteSocket } from "../../kernel/route/index.ts";
import { invalidConfig } from "../../spec/index.ts";
import { pathsOf } from "../config/index.ts";
import type { ClusterNetwork } from "../networks/network.ts";
import { readPicture } from "../reading/index.ts";
import { BITS, LIMIT, OVERLAY_DEVICE } from "./own.ts";
import { refuseRoutes } from "./routes.ts";

/**
 * Refuses subnets that this node uses for something else.
 * @throws CniError of code 7
 */
export function refuseUsed(network: ClusterNetwork): void {
  using socket = RouteSocket.open();
  refuseOwnAddresses(socket, network);
  refuseRoutes(socket, network);
}

/**
 * Addresses by which the node is reached must not be the fleet's: containers would get them. Those that the
 * fleet has given to this node, such as its gateways, are.
 */
function refuseOwnAddresses(socket: RouteSocket, { cluster, bridge }: ClusterNetwork): void {
  const { subnets } = cluster.fleet;
  const where = ({ prefix }: address.Address): boolean =>
    subnets.some((subnet) => subnet.contains(prefix.ip));
  const found = address.list(socket, { where, limit: LIMIT });
  if (found.length === 0) return;
  const given = readPicture(pathsOf(cluster.place))?.subnets.flatMap(({ holdings }) => {
    return holdings.map((each) => Prefix.parse(each.prefix));
  });
  for (const { prefix, index } of found) {
    if (given?.some((holding) => holding.contains(prefix.ip)) === true) continue;
    const owner = link.get(socket, { index });
    if (owner === undefined || owner.name === bridge || OVERLAY_DEVICE.test(owner.name)) continue;
    // What a container on this node has for its gateway stands on the host's end of its pair.
    if (owner.kind === "veth" && prefix.length === BITS[prefix.family]) continue;
    const subnet = subnets.find((each) => each.contains(prefix.ip));
    throw invalidConfig(
      `subnet ${subnet} has this node's own address ${prefix.ip} of ${owner.name}`,
      "containers would get addresses of nodes: choose a subnet that nothing else uses",
    );
  }
}
