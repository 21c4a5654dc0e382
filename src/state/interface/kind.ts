import { Ip, Prefix } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { BatchError, type NetlinkRequest } from "../../kernel/netlink/index.ts";
import { address, link, route } from "../../kernel/route/index.ts";
import { Errno, ignoring, isKernelError } from "../../kernel/sys/index.ts";
import { type CniError, invalidConfig, type Result, type Route } from "../../spec/index.ts";
import { explainAddress } from "../address-refusal.ts";
import { type Kind, kindOf } from "../kind.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { ownLink } from "../own-link.ts";
import type { Scene } from "../scene.ts";
import {
  acceptAdvertisements,
  enableIpv6,
  ignoreAdvertisements,
  setBestEffort,
} from "../sysctl.ts";
import { tryAgain } from "../try-again.ts";
import { checkInterface } from "./check.ts";
import { changedRoutes, routeDifference } from "./check-route.ts";
import { compareRoutes } from "./compare.ts";
import { waitForDad } from "./dad.ts";
import { type OwnAddress, ownAddresses } from "./own-address.ts";
import { asPromised, gatewayRoutes } from "./point-to-point.ts";

/** What an interface of the container should have. */
export interface WantedInterface {
  /** Index of the interface, where the piece that made it knows it. */
  readonly index?: (() => number) | undefined;
  /** Addresses and routes; known once IPAM has spoken. */
  readonly result: () => Result;
  /** Duplicate address detection; no other host can have the address of a link that we own. */
  readonly detectDuplicates: boolean;
  /** It takes router advertisements; absent: unless it has an IPv6 address otherwise. */
  readonly acceptRA?: boolean | undefined;
  /** Only the gateway is on the link: it is the way to the addresses' subnets too. */
  readonly pointToPoint?: boolean | undefined;
}

/** Addresses and routes of the interface, and the interface up. All of it goes with the link. */
export const configuredInterface: Kind<WantedInterface> = kindOf({
  name: "interface",

  describe({ owner: { ifName } }, { result }) {
    const { ips, routes } = result();
    if (ips.length === 0) return `${ifName} up, with the addresses and routes from IPAM`;
    const addresses = ips.map((ip) => ip.address).join(", ");
    const targets = routes.map(({ dst, gw }) => (gw === undefined ? dst : `${dst} via ${gw}`));
    return `${ifName} up, ${addresses}${targets.length === 0 ? "" : `; routes ${targets.join(", ")}`}`;
  },

  compare: ({ namespaces, owner }, { result }) => compareRoutes(namespaces, owner.ifName, result()),

  async apply(scene, wanted) {
    const { namespaces, owner } = scene;
    const { result, detectDuplicates, pointToPoint = false } = wanted;
    const own = ownAddresses(result(), owner.ifName);
    const index = wanted.index?.() ?? ownLink(scene).index;
    const hasIpv6 = own.some(({ prefix }) => prefix.family === 6);
    prepare(scene, wanted, hasIpv6);
    const nodad = !detectDuplicates;
    const flags = pointToPoint ? address.IFA_F_NOPREFIXROUTE : 0;
    const begin = [
      ...own.map(({ prefix }) => address.newMessage({ index, prefix, nodad, flags })),
      link.setMessage(index, { up: true }),
    ];
    const routes = [
      ...(pointToPoint ? gatewayRoutes(own).map((each) => ({ ...each, index })) : []),
      ...routesOf(result(), own, index),
    ];
    const explain = (at: number, refusal: Error): unknown => {
      const family = own[at]?.prefix.family;
      const fault = family && explainAddress(namespaces.containerLinks, index, family, refusal);
      return fault ?? explainTaken(refusal);
    };
    if (nodad) {
      configure(namespaces, begin, routes, explain);
      return;
    }
    configure(namespaces, begin, [], explain);
    if (hasIpv6) await waitForDad(namespaces, index);
    configure(namespaces, [], routes);
  },

  restore: restoreInterface,

  check(scene, { result: resultOf, pointToPoint = false }) {
    const result = resultOf();
    const own = ownAddresses(result, scene.owner.ifName);
    const promised = pointToPoint ? gatewayRoutes(own).map(asPromised) : [];
    checkInterface(scene.namespaces, ownLink(scene), own, [...promised, ...result.routes]);
  },
});

/** Before the interface is up. */
function prepare(
  { namespaces, owner }: Scene,
  { detectDuplicates, acceptRA }: WantedInterface,
  hasIpv6: boolean,
): void {
  const { ifName } = owner;
  const ipv6 = `net/ipv6/conf/${ifName}`;
  namespaces.inside(() => {
    if (detectDuplicates) setBestEffort(`${ipv6}/enhanced_dad`, "1");
    setBestEffort(`${ipv6}/accept_dad`, detectDuplicates ? "1" : "0");
    setBestEffort(`net/ipv4/conf/${ifName}/arp_notify`, "1");
    if (acceptRA === true) acceptAdvertisements(ifName);
    else if (acceptRA === false || hasIpv6) ignoreAdvertisements(ifName);
    if (!hasIpv6) return;
    for (const name of ["lo", ifName]) enableIpv6(name);
    setBestEffort(`${ipv6}/keep_addr_on_down`, "1");
    setBestEffort(`${ipv6}/ndisc_notify`, "1");
  });
}

/** Links of one master (macvlan, ipvlan) cannot have the same MAC or address; the kernel knows. */
function explainTaken(error: unknown): unknown {
  if (!isKernelError(error, Errno.EADDRINUSE)) return error;
  const msg = "another link of the same master has the MAC or an address of this one";
  return tryAgain(msg, { details: error.message, cause: error });
}

/** A route without a gateway of its own goes to the first gateway of its family, if there is one. */
function routesOf(result: Result, own: readonly OwnAddress[], index: number): route.RouteSpec[] {
  const first = (family: 4 | 6): Ip | undefined =>
    own.find(({ gateway }) => gateway?.family === family)?.gateway;
  return result.routes.map((wanted: Route) => {
    const dst = Prefix.parse(wanted.dst).network();
    const next = isOnLink(wanted) ? undefined : first(dst.ip.family);
    const gateway = wanted.gw === undefined ? next : Ip.parse(wanted.gw);
    return {
      dst,
      index,
      ...defined({
        gateway,
        priority: wanted.priority,
        table: wanted.table,
        scope: wanted.scope,
        mtu: wanted.mtu,
        advmss: wanted.advmss,
      }),
    };
  });
}

/** What is on the link itself is reached without a gateway, and the kernel wants none there. */
function isOnLink({ scope }: Route): boolean {
  return scope !== undefined && scope >= route.RT_SCOPE_LINK;
}

/** Sends all in one datagram. The first that the kernel refused is the one to tell. */
function configure(
  namespaces: Namespaces,
  begin: readonly NetlinkRequest[],
  routes: readonly route.RouteSpec[],
  explain: (at: number, refusal: Error) => unknown = (_at, refusal) => refusal,
): void {
  const requests = [...begin, ...routes.map((wanted) => route.newBesideMessage(wanted))];
  try {
    namespaces.container.batch(requests);
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    for (const { index, error: refusal } of error.failures) {
      const wanted = routes[index - begin.length];
      if (wanted === undefined) throw explain(index, refusal);
      // Several routes to one destination are allowed, and the very same one twice is no fault.
      if (!isKernelError(refusal, Errno.EEXIST)) throw unroutable(wanted, refusal);
    }
  }
}

function unroutable({ dst }: route.RouteSpec, refusal: Error): CniError {
  return invalidConfig(
    `failed to add route ${dst.toString()}: ${refusal.message}`,
    'routes of the IPAM configuration need a "gw" that the addresses can reach',
  );
}

/** Adds what is missing, and brings the interface up; what the container has beside that stays. */
function restoreInterface(scene: Scene, wanted: WantedInterface): void {
  const { namespaces, owner } = scene;
  const { container, containerLinks } = namespaces;
  const result = wanted.result();
  const { index, up } = ownLink(scene);
  const own = ownAddresses(result, owner.ifName);
  prepare(
    scene,
    wanted,
    own.some(({ prefix }) => prefix.family === 6),
  );
  const isOwn = ({ prefix }: address.Address): boolean =>
    own.some((each) => each.prefix.equals(prefix));
  const present = address.list(container, { index, where: isOwn });
  const missing = own.filter(({ prefix }) => !present.some((each) => each.prefix.equals(prefix)));
  const flags = wanted.pointToPoint === true ? address.IFA_F_NOPREFIXROUTE : 0;
  const begin = [
    ...missing.map(({ prefix }) => address.newMessage({ index, prefix, nodad: true, flags })),
    ...(up ? [] : [link.setMessage(index, { up: true })]),
  ];
  configure(namespaces, begin, [], (_at, refusal) => explainTaken(refusal));
  containerLinks.forget();
  const { missing: routes, changed } = differingRoutes(namespaces, wanted, own, index);
  for (const each of changed) ignoring([Errno.ESRCH], () => route.delete(container, each));
  const subnets = wanted.pointToPoint === true ? [] : lostSubnets(namespaces, own, index);
  configure(namespaces, [], [...subnets, ...routes]);
}

/** The kernel makes these routes with an address; whatever flushes all routes takes them away, and no gateway is reached. */
function lostSubnets(
  { container }: Namespaces,
  own: readonly OwnAddress[],
  index: number,
): route.RouteSpec[] {
  const wide = own.filter(({ prefix: { length, family } }) => length < (family === 4 ? 32 : 128));
  if (wide.length === 0) return [];
  const existing = route.list(container, { to: wide.map(({ prefix }) => prefix.network()) });
  return wide.flatMap(({ prefix }) => {
    const dst = prefix.network();
    if (existing.some((each) => each.index === index && each.dst.equals(dst))) return [];
    const v4 = { scope: route.RT_SCOPE_LINK, source: prefix.ip };
    const protocol = route.RTPROT_KERNEL;
    return [{ dst, index, protocol, ...(prefix.family === 4 ? v4 : {}) }];
  });
}

interface DifferingRoutes {
  /** In the order of ADD. */
  readonly missing: readonly route.RouteSpec[];
  /** What stands in their places. */
  readonly changed: readonly route.Route[];
}

function differingRoutes(
  { container }: Namespaces,
  { result: resultOf, pointToPoint = false }: WantedInterface,
  own: readonly OwnAddress[],
  index: number,
): DifferingRoutes {
  const result = resultOf();
  const toGateways = pointToPoint ? gatewayRoutes(own) : [];
  const promised = [...toGateways.map(asPromised), ...result.routes];
  const wanted = [
    ...toGateways.map((each) => ({ ...each, index })),
    ...routesOf(result, own, index),
  ];
  if (promised.length === 0) return { missing: [], changed: [] };
  const existing = route.list(container, { to: promised.map(({ dst }) => Prefix.parse(dst)) });
  const differing = promised.filter((each) => routeDifference(each, existing, index) !== undefined);
  return {
    missing: wanted.filter((_, at) => differing.some((each) => each === promised[at])),
    changed: differing.flatMap((each) => changedRoutes(each, existing, index)),
  };
}
