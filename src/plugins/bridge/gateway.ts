import { type Ip, Prefix } from "../../addr/index.ts";
import type { IpConfig, Result, Route } from "../../spec/index.ts";
import { ForwardingStep } from "../../state/forwarding/index.ts";
import type { Step } from "../../state/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import type { BridgeConfig } from "./config.ts";
import { BridgeGatewayStep, gatewayName, hasPorts, VlanGatewayStep } from "./kind/index.ts";

const DEFAULT_ROUTES = { 4: "0.0.0.0/0", 6: "::/0" } as const;

/** What makes the host the gateway of the attachment's subnets. */
export interface Gateway {
  readonly namespaces: Namespaces;
  readonly config: BridgeConfig;
  /** The completed answer of IPAM. */
  readonly addresses: () => Result;
  /** Index of the bridge. */
  readonly bridgeIndex: () => number;
  /** Index of the attachment's own port, which does not count as somebody else's. */
  readonly ownPort: () => number;
}

/** The steps, and the one that makes a link of its own for a VLAN. */
export function gatewaySteps(gateway: Gateway, ofVlan: VlanGatewayStep | undefined): Step[] {
  const { namespaces, config, addresses } = gateway;
  const { bridge, vid, forceAddress: force } = config;
  const gateways = (): Prefix[] => gatewaysOf(addresses());
  const name = ofVlan === undefined ? bridge : gatewayName({ bridge, vid });
  const isShared = (): boolean =>
    ofVlan?.isShared(gateway.ownPort()) ?? isUsed(namespaces, bridge, gateway.ownPort());
  const index = (): number => ofVlan?.link().index ?? gateway.bridgeIndex();
  const families = (): ReadonlySet<4 | 6> => new Set(gateways().map(({ family }) => family));
  return [
    ...(ofVlan === undefined ? [] : [ofVlan]),
    new BridgeGatewayStep({ namespaces, link: name, index, force, gateways, isShared }),
    new ForwardingStep(namespaces, families),
  ];
}

/** The link that is the host's in the attachment's VLAN; undefined where there is no need of one. */
export function vlanGateway(
  namespaces: Namespaces,
  config: BridgeConfig,
): VlanGatewayStep | undefined {
  const { bridge, vid, mtu, isGateway, ipamType } = config;
  const isNeeded = vid !== 0 && isGateway && ipamType !== "";
  return isNeeded ? new VlanGatewayStep({ namespaces, bridge, vid, mtu }) : undefined;
}

/** An address with the gateway that the subnet's first address is when IPAM names none. */
export function withGateway(ip: IpConfig): IpConfig {
  if (ip.gateway !== undefined) return ip;
  return { ...ip, gateway: firstAddress(Prefix.parse(ip.address)).toString() };
}

/** Adds a default route through the first gateway of each family that has none through a gateway. */
export function withDefaultRoutes(routes: readonly Route[], ips: readonly IpConfig[]): Route[] {
  const all = [...routes];
  for (const { address, gateway } of ips) {
    const dst = DEFAULT_ROUTES[Prefix.parse(address).family];
    if (gateway === undefined) continue;
    if (all.some((route) => route.dst === dst && route.gw !== undefined)) continue;
    all.push({ dst, gw: gateway });
  }
  return all;
}

function isUsed(namespaces: Namespaces, bridge: string, ownPort: number): boolean {
  const found = namespaces.hostLinks.get({ name: bridge });
  return found !== undefined && hasPorts(namespaces, found.index, ownPort);
}

function gatewaysOf(result: Result): Prefix[] {
  return result.ips.flatMap(({ address, gateway }) =>
    gateway === undefined ? [] : [Prefix.parse(`${gateway}/${Prefix.parse(address).length}`)],
  );
}

function firstAddress(subnet: Prefix): Ip {
  return subnet.network().ip.next();
}
