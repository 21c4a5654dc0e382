import type { Ip } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { type ClusterConfig, pathsOf } from "../../cluster/config/index.ts";
import { notedFacts } from "../../cluster/node/index.ts";
import type { NodeFacts } from "../../fleet/index.ts";
import { address, RouteSocket } from "../../kernel/route/index.ts";
import { overlayMac, overlayMtu, type Underlay, WireguardKey } from "../../overlay/index.ts";

/** The key of this node's WireGuard device in a network; made when it is missing. */
export function wireguardKeyOf({ place }: Pick<ClusterConfig, "place">): WireguardKey {
  return WireguardKey.open(`${pathsOf(place).directory}/wireguard.key`);
}

/**
 * What the other nodes need to know of this one. While it has no address between the nodes, that is what was
 * published last: a link that is down for a while is no reason for the others to forget their ways to it.
 */
export function factsOf(
  cluster: ClusterConfig,
  underlay: Underlay | undefined,
  version: string,
): (node: string) => NodeFacts {
  const { kind, mtu } = cluster.overlay;
  if (kind !== "none" && underlay === undefined) {
    return () => notedFacts(pathsOf(cluster.place), version);
  }
  const { network } = cluster.fleet;
  const publicKey = kind === "wireguard" ? wireguardKeyOf(cluster).publicKey : undefined;
  const room =
    underlay === undefined ? undefined : overlayMtu(kind, underlay.mtu, underlay.address.family);
  return (node) => {
    const mac = kind === "vxlan" ? overlayMac(network, node) : undefined;
    return {
      version,
      ...defined({ underlay: underlay?.address, mac, publicKey, mtu: mtu ?? room }),
    };
  };
}

/** Whether two underlays are the same to other nodes. */
export function isSameUnderlay(one: Underlay | undefined, other: Underlay | undefined): boolean {
  return one?.address.toString() === other?.address.toString() && one?.mtu === other?.mtu;
}

/** Addresses of this node that lie in the fleet's subnets and are no gateway of the fleet's. */
export function foreignAddresses(
  { fleet }: Pick<ClusterConfig, "fleet">,
  gateways: readonly Ip[],
): string[] {
  using socket = RouteSocket.open();
  return address
    .list(socket)
    .filter(({ prefix }) => fleet.subnets.some((subnet) => subnet.contains(prefix.ip)))
    .filter(({ prefix }) => !gateways.some((gateway) => gateway.equals(prefix.ip)))
    .map(({ prefix }) => prefix.toString());
}
