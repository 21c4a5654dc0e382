/** What stands in the kernel of one network's overlay, and of others where they might be in its way. */
import type { Prefix } from "../addr/index.ts";
import type { Netns } from "../kernel/netns/index.ts";
import { address, link, neighbour, type RouteSocket, route } from "../kernel/route/index.ts";
import { type Device, WireguardSocket } from "../kernel/wireguard/index.ts";
import { deviceMark, deviceName, ROUTE_PROTOCOL } from "./names.ts";

/** The device of the network, as far as it is the network's own. */
export interface StandingDevice {
  readonly link: link.Link;
  readonly addresses: readonly address.Address[];
  readonly neighbours: readonly neighbour.Neighbour[];
  readonly forwarding: readonly neighbour.Forwarding[];
  readonly wireguard?: Device;
}

export interface Standing {
  readonly device?: StandingDevice;
  /** A link that has the device's name and is not the network's own. */
  readonly stranger?: link.Link;
  /** Routes of the main table that the overlay of the network has made. */
  readonly routes: readonly route.Route[];
  /** Routes of others to somewhere in the fleet's subnets. */
  readonly strangersRoutes: readonly route.Route[];
  /** Addresses of all other links. */
  readonly others: readonly address.Address[];
}

/** Routes to thousands of prefixes are no surprise here. */
const LIMIT = { kept: 262_144, bytes: 256 * 1024 * 1024 };

export function readStanding(
  socket: RouteSocket,
  network: string,
  subnets: readonly Prefix[],
  netns?: Netns,
): Standing {
  const named = link.get(socket, { name: deviceName(network) });
  const own = named !== undefined && isOwn(named, network) ? named : undefined;
  const addresses = address.list(socket, { limit: LIMIT });
  const inSubnets = ({ dst }: route.Route): boolean =>
    subnets.some((subnet) => subnet.overlaps(dst) && dst.length >= subnet.length);
  const isOurs = (each: route.Route): boolean =>
    each.protocol === ROUTE_PROTOCOL &&
    (inSubnets(each) || (own !== undefined && each.index === own.index));
  const found = route.list(socket, {
    table: route.RT_TABLE_MAIN,
    limit: LIMIT,
    where: (each) => inSubnets(each) || isOurs(each),
  });
  const routes = found.filter(isOurs);
  const ours = new Set(routes);
  const stranger = own === undefined ? named : undefined;
  return {
    routes,
    strangersRoutes: found.filter((each) => !ours.has(each)),
    others: addresses.filter(({ index }) => index !== own?.index),
    ...(own === undefined ? {} : { device: deviceOf(socket, own, addresses, netns) }),
    ...(stranger === undefined ? {} : { stranger }),
  };
}

function deviceOf(
  socket: RouteSocket,
  own: link.Link,
  addresses: readonly address.Address[],
  netns: Netns | undefined,
): StandingDevice {
  const { index, kind } = own;
  const where = ({ state }: neighbour.Neighbour): boolean => state === neighbour.NUD_PERMANENT;
  const device = {
    link: own,
    addresses: addresses.filter((each) => each.index === index),
    neighbours: neighbour.list(socket, { index, where, limit: LIMIT }),
    forwarding: kind === "vxlan" ? neighbour.listForwarding(socket, { index, limit: LIMIT }) : [],
  };
  const wireguard = kind === "wireguard" ? wireguardOf(index, netns) : undefined;
  return wireguard === undefined ? device : { ...device, wireguard };
}

function wireguardOf(index: number, netns: Netns | undefined): Device | undefined {
  using wireguard = WireguardSocket.open(netns);
  return wireguard?.get(index);
}

/**
 * Whether a link that has the name of the network's device was made by the keeper: it bears the mark. One
 * whose making was interrupted has none yet; it is of such a kind, and was never brought up.
 */
export function isOwn({ kind, alias, up }: link.Link, network: string): boolean {
  if (kind !== "vxlan" && kind !== "wireguard") return false;
  return alias === deviceMark(network) || (alias === undefined && !up);
}
