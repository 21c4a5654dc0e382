import { defined } from "../../../base/index.ts";
import { address, type link, route, rule } from "../../../kernel/route/index.ts";
import type { IpConfig, Result, Route } from "../../../spec/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

const NO_ADDRESSES: readonly address.Address[] = [];

/** What the host had configured on a device, as far as a container can have it too. */
export class HostNetwork {
  #addresses = NO_ADDRESSES;
  #routes: readonly route.Route[] = [];
  #rules: readonly rule.Rule[] = [];
  #hostName = "";

  get addresses(): readonly address.Address[] {
    return this.#addresses;
  }

  get routes(): readonly route.Route[] {
    return this.#routes;
  }

  /** The rules, as they are in a namespace where the device has another name. */
  rules(ifName: string): rule.RuleSpec[] {
    const renamed = (name: string | undefined): string | undefined =>
      name === this.#hostName ? ifName : name;
    return this.#rules.map(({ iif, oif, ...rest }) => ({
      ...rest,
      iif: renamed(iif),
      oif: renamed(oif),
    }));
  }

  /** To be called before the device leaves: the kernel then forgets all this. */
  capture(namespaces: Namespaces, { index, name }: link.Link): void {
    this.#hostName = name;
    this.#addresses = address.list(namespaces.host, { index }).filter(isLasting);
    this.#routes = route.list(namespaces.host, { index }).flatMap((each) => ownRoute(each, index));
    const tables = new Set(this.#routes.map(({ table }) => table));
    this.#rules = rule
      .list(namespaces.host)
      .filter(({ from, table }) => tables.has(table) && this.#isFromOwn(from));
  }

  /** Adds addresses and routes to what IPAM gave. */
  merge(result: Result, container: number): Result {
    const known = new Set(result.ips.map((ip) => ip.address));
    const ips = this.#addresses
      .map(({ prefix }): IpConfig => ({ address: prefix.toString(), interface: container }))
      .filter((ip) => !known.has(ip.address));
    const routes = this.#routes.map((each) => resultRoute(each));
    return { ...result, ips: [...result.ips, ...ips], routes: [...result.routes, ...routes] };
  }

  #isFromOwn(from: rule.Rule["from"]): boolean {
    return from !== undefined && this.#addresses.some(({ prefix }) => from.contains(prefix.ip));
  }
}

/** Addresses from advertisements come anew, in the container's own right; those of DHCP stay. */
function isLasting({ scope, family, flags, dadFailed }: address.Address): boolean {
  if (scope !== route.RT_SCOPE_UNIVERSE || dadFailed) return false;
  return family === 4 || (flags & address.IFA_F_PERMANENT) !== 0;
}

/** What the kernel makes by itself is left out, as are hops over other links. */
function ownRoute(of: route.Route, index: number): route.Route[] {
  const { table, protocol, dst, multipath } = of;
  if (table === route.RT_TABLE_LOCAL) return [];
  if (protocol === route.RTPROT_KERNEL || protocol === route.RTPROT_RA) return [];
  if (dst.family === 6 && dst.ip.isLinkLocal) return [];
  if (multipath === undefined) return [of];
  const { multipath: _all, ...rest } = of;
  const hop = multipath.find((each) => each.index === index);
  return hop?.gateway === undefined ? [] : [{ ...rest, index, gateway: hop.gateway }];
}

function resultRoute(of: route.Route): Route {
  const { dst, gateway, priority, table, scope, mtu, advmss } = of;
  return {
    dst: dst.toString(),
    ...(gateway === undefined ? {} : { gw: gateway.toString() }),
    ...defined({ mtu, advmss, priority }),
    ...(table === route.RT_TABLE_MAIN ? {} : { table }),
    ...(scope === route.RT_SCOPE_UNIVERSE ? {} : { scope }),
  };
}
