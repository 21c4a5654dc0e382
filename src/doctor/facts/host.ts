/** The network of the host as it is now: each fact read once, when a stage asks for it. */
import type { Ip } from "../../addr/index.ts";
import { Nftables } from "../../kernel/nftables/index.ts";
import { type link, RouteSocket, route, vlan } from "../../kernel/route/index.ts";
import { readSysctl } from "../../kernel/sysctl/index.ts";
import { type PacketLink, type RoutingSource, Ruleset } from "../ruleset/index.ts";
import { LinkFacts } from "./links.ts";

const RTN_UNICAST = 1;
const RTN_LOCAL = 2;
const RTN_BROADCAST = 3;
const RTN_MULTICAST = 5;

/** Facts of the namespace that this process is in. */
export class HostFacts extends LinkFacts implements Disposable, RoutingSource {
  readonly #stack = new DisposableStack();
  #nft: Nftables | undefined;
  #ruleset: Ruleset | undefined;
  #vlans: readonly vlan.VlanTable[] | undefined;

  constructor() {
    super(RouteSocket.open());
    this.#stack.use(this.socket);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  get nft(): Nftables {
    this.#nft ??= this.#stack.use(Nftables.open());
    return this.#nft;
  }

  get ruleset(): Ruleset {
    this.#ruleset ??= new Ruleset(this.nft);
    return this.#ruleset;
  }

  get vlans(): readonly vlan.VlanTable[] {
    this.#vlans ??= vlan.list(this.socket);
    return this.#vlans;
  }

  link(index: number | undefined): link.Link | undefined {
    return index === undefined ? undefined : this.at(index);
  }

  /** The link as rules see it. */
  packetLink(index: number | undefined): PacketLink | undefined {
    const found = this.link(index);
    return found && { index: found.index, name: found.name, group: found.group };
  }

  /** Whether an address is one of the host's own. */
  hasAddress(ip: Ip): boolean {
    return this.addresses.some(({ prefix }) => prefix.ip.equals(ip));
  }

  addressType(ip: Ip): number {
    if (ip.isLoopback || this.hasAddress(ip)) return RTN_LOCAL;
    if (ip.isMulticast) return RTN_MULTICAST;
    const isBroadcast = this.addresses.some(({ broadcast }) => broadcast?.equals(ip) === true);
    return isBroadcast ? RTN_BROADCAST : RTN_UNICAST;
  }

  linkTo(ip: Ip): number | undefined {
    return route.get(this.socket, { dst: ip })?.index;
  }
}

/** A sysctl of this namespace, or of another; undefined where the kernel has none of the name. */
export function sysctl(key: string, netns?: Parameters<typeof readSysctl>[1]): string | undefined {
  try {
    return readSysctl(key, netns);
  } catch {
    return undefined;
  }
}

/** The same as a number. */
export function sysctlNumber(
  key: string,
  netns?: Parameters<typeof readSysctl>[1],
): number | undefined {
  const text = sysctl(key, netns);
  return text !== undefined && /^-?\d+$/u.test(text) ? Number(text) : undefined;
}
