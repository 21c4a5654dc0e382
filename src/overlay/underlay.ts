import { type Family, Ip, Prefix } from "../addr/index.ts";
import type { Netns } from "../kernel/netns/index.ts";
import { address, link, RouteSocket, route } from "../kernel/route/index.ts";

/** Where this node's tunnels end: an address of the network between the nodes. */
export interface Underlay {
  readonly address: Ip;
  /** The link that has it. */
  readonly name: string;
  readonly index: number;
  /** Of that link, in bytes. */
  readonly mtu: number;
}

/** This node has no such address. */
export class UnderlayError extends Error {
  override readonly name: string = "UnderlayError";
}

const DEFAULT_ROUTES = { 4: Prefix.parse("0.0.0.0/0"), 6: Prefix.parse("::/0") } as const;
const FAMILIES: readonly Family[] = [4, 6];
/** Addresses that come and go, or are not to be used. */
const PASSING =
  address.IFA_F_SECONDARY |
  address.IFA_F_DEPRECATED |
  address.IFA_F_TENTATIVE |
  address.IFA_F_DADFAILED;

/**
 * The address between the nodes: the configured one, the first of the configured interface or in the
 * configured subnet, or that from which packets start that take the default route; IPv4 before IPv6.
 * @param configured an address of this node, a subnet, or the name of an interface
 * @throws UnderlayError when there is none
 */
export function underlayOf(configured?: string, netns?: Netns): Underlay {
  using socket = RouteSocket.open(netns);
  if (configured === undefined) return byDefaultRoute(socket);
  const ip = Ip.tryParse(configured);
  if (ip !== undefined) return underlayAt(socket, ip);
  const subnet = Prefix.tryParse(configured);
  if (subnet !== undefined) return underlayIn(socket, subnet);
  // A name that no link can have is no question for the kernel.
  const found = configured === "" ? undefined : link.get(socket, { name: configured });
  if (found === undefined) throw new UnderlayError(`there is no interface ${configured}`);
  const own = FAMILIES.flatMap((family) => usable(socket, found.index, family));
  const [first] = own;
  if (first !== undefined) return of(first, found);
  throw new UnderlayError(`interface ${configured} has no address`);
}

function underlayIn(socket: RouteSocket, subnet: Prefix): Underlay {
  const where = (each: address.Address): boolean =>
    subnet.contains(each.prefix.ip) && isUsable(each);
  const own = address.list(socket, { family: subnet.family, where })[0];
  if (own !== undefined) return underlayAt(socket, own.prefix.ip);
  throw new UnderlayError(`this node has no address in ${subnet}`);
}

/** The link that has this address. */
export function underlayAt(socket: RouteSocket, ip: Ip): Underlay {
  const where = ({ prefix }: address.Address): boolean => prefix.ip.equals(ip);
  const owner = address.list(socket, { family: ip.family, where })[0];
  const found = owner && link.get(socket, owner.index);
  if (found !== undefined) return of(ip, found);
  throw new UnderlayError(`no interface of this node has the address ${ip}`);
}

function byDefaultRoute(socket: RouteSocket): Underlay {
  for (const family of FAMILIES) {
    const routes = route
      .list(socket, { family, table: route.RT_TABLE_MAIN, to: [DEFAULT_ROUTES[family]] })
      .filter(({ type }) => type === route.RTN_UNICAST)
      .toSorted((a, b) => (a.priority ?? 0) - (b.priority ?? 0));
    for (const { index, multipath, source } of routes) {
      if (source !== undefined) return underlayAt(socket, source);
      const hop = index ?? multipath?.[0]?.index;
      const found = hop === undefined ? undefined : link.get(socket, hop);
      const first = found && usable(socket, found.index, family)[0];
      if (found !== undefined && first !== undefined) return of(first, found);
    }
  }
  throw new UnderlayError(
    "this node has no default route that tells its address: name an interface or an address",
  );
}

/** Addresses of a link that other nodes can send to. */
function usable(socket: RouteSocket, index: number, family: Family): Ip[] {
  return address.list(socket, { index, family, where: isUsable }).map(({ prefix }) => prefix.ip);
}

function isUsable({ scope, flags }: address.Address): boolean {
  return scope === route.RT_SCOPE_UNIVERSE && (flags & PASSING) === 0;
}

function of(ip: Ip, { name, index, mtu }: link.Link): Underlay {
  return { address: ip, name, index, mtu };
}
