/** What decides of packets in one namespace: its rules, and what they ask of its links and routes. */
import type { Ip } from "../../addr/index.ts";
import type { ListLimit } from "../../kernel/netlink/index.ts";
import { Nftables } from "../../kernel/nftables/index.ts";
import { RouteSocket, route } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import {
  type PacketLink,
  type RoutingSource,
  Ruleset,
  type RulesetBounds,
} from "../ruleset/index.ts";
import { LinkFacts } from "./links.ts";

/** A namespace to look at; the one that this process is in when absent. */
type Where = Parameters<typeof RouteSocket.open>[0];

/** How much of its packet filter is looked at. */
export interface FilterBounds {
  /** Of one list. */
  readonly list: ListLimit;
  readonly ruleset: RulesetBounds;
}

/** Facts of one namespace, each read once, when a stage asks for it. */
export class FilterFacts extends LinkFacts implements Disposable, RoutingSource {
  readonly #stack = new DisposableStack();
  readonly #netns: Where;
  readonly #bounds: FilterBounds | undefined;
  #nft: Nftables | undefined;
  #ruleset: Ruleset | undefined;

  /** @param netns has to live as long as the facts */
  constructor(netns?: Where, bounds?: FilterBounds) {
    super(RouteSocket.open(netns));
    this.#netns = netns;
    this.#bounds = bounds;
    this.#stack.use(this.socket);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  get nft(): Nftables {
    this.#nft ??= this.#stack.use(
      this.#bounds === undefined
        ? Nftables.open(this.#netns)
        : Nftables.openBounded(this.#bounds.list, this.#netns),
    );
    return this.#nft;
  }

  get ruleset(): Ruleset {
    this.#ruleset ??= new Ruleset(this.nft, this.#bounds?.ruleset);
    return this.#ruleset;
  }

  link(index: number | undefined): ReturnType<LinkFacts["at"]> {
    return index === undefined ? undefined : this.at(index);
  }

  /** The link as rules see it. */
  packetLink(index: number | undefined): PacketLink | undefined {
    const found = this.link(index);
    return found && { index: found.index, name: found.name, group: found.group };
  }

  /** Whether an address is one of the namespace's own. */
  hasAddress(ip: Ip): boolean {
    return this.addresses.some(({ prefix }) => prefix.ip.equals(ip));
  }

  addressType(ip: Ip): number {
    if (ip.isLoopback || this.hasAddress(ip)) return route.RTN_LOCAL;
    if (ip.isMulticast) return route.RTN_MULTICAST;
    const isBroadcast = this.addresses.some(({ broadcast }) => broadcast?.equals(ip) === true);
    return isBroadcast ? route.RTN_BROADCAST : route.RTN_UNICAST;
  }

  linkTo(ip: Ip): number | undefined {
    return this.routeTo(ip)?.index;
  }

  /** The kernel's word on how an address is reached. A route that prohibits, or refuses a source, is none. */
  routeTo(ip: Ip): route.Route | undefined {
    try {
      return route.get(this.socket, { dst: ip });
    } catch (error) {
      if (isKernelError(error, Errno.EACCES, Errno.EINVAL, Errno.EXDEV)) return undefined;
      throw error;
    }
  }
}
