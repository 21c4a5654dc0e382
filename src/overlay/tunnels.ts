/** The ways to other nodes as they stand in the kernel: what a reader is shown. */
import type { Ip, Prefix } from "../addr/index.ts";
import { RouteSocket } from "../kernel/route/index.ts";
import { readStanding, type Standing, type StandingDevice } from "./standing.ts";

/** A way to another node. */
export interface StandingTunnel {
  /** Where it ends: an address of the network between the nodes. */
  readonly underlay: Ip;
  /** Name of the device; absent where the node is the next hop itself. */
  readonly device?: string;
  /** What is behind it. */
  readonly prefixes: readonly Prefix[];
}

/** Those of one network, in the order of their ends. @throws KernelError */
export function standingTunnels(network: string, subnets: readonly Prefix[]): StandingTunnel[] {
  using socket = RouteSocket.open();
  const standing = readStanding(socket, network, subnets);
  const { device } = standing;
  const found = device === undefined ? nextHops(standing) : tunnelsOf(device, standing);
  return found.toSorted((one, other) => one.underlay.compare(other.underlay));
}

function tunnelsOf(device: StandingDevice, { routes }: Standing): StandingTunnel[] {
  const { wireguard, forwarding, neighbours } = device;
  const { name, index } = device.link;
  if (wireguard !== undefined) {
    return wireguard.peers.flatMap(({ endpoint, allowedIps: prefixes }) =>
      endpoint === undefined ? [] : [{ underlay: endpoint.address, device: name, prefixes }],
    );
  }
  return forwarding.flatMap(({ address, dst }) => {
    if (dst === undefined) return [];
    const gateways = neighbours.filter((each) => each.address === address);
    const behind = routes.filter(
      (route) =>
        route.index === index && gateways.some(({ ip }) => route.gateway?.equals(ip) === true),
    );
    return [{ underlay: dst, device: name, prefixes: behind.map((route) => route.dst) }];
  });
}

function nextHops({ routes }: Standing): StandingTunnel[] {
  const byHop = Map.groupBy(routes, ({ gateway }) => gateway?.toString() ?? "");
  return [...byHop.values()].flatMap((all) => {
    const underlay = all[0]?.gateway;
    return underlay === undefined ? [] : [{ underlay, prefixes: all.map(({ dst }) => dst) }];
  });
}
