/** What is to stand in the kernel, by the names that the kernel has for it. */
import { type Ip, Prefix } from "../addr/index.ts";
import { hasDevice } from "./names.ts";
import { nodeWords, type SoundPeer } from "./screen.ts";
import type { Underlay } from "./underlay.ts";
import type { WantedOverlay } from "./wanted.ts";

/** A route to another node's addresses. */
export interface DesiredRoute {
  readonly dst: Prefix;
  readonly gateway?: Ip;
}

export interface Desired {
  /** Addresses of the device, each alone. */
  readonly addresses: readonly Prefix[];
  /** Where a VXLAN device sends frames, by the hardware address. */
  readonly forwarding: ReadonlyMap<string, Ip>;
  /** Hardware addresses by the IP address, as text. */
  readonly neighbours: ReadonlyMap<string, { readonly ip: Ip; readonly mac: string }>;
  /** By their destination, as text. */
  readonly routes: ReadonlyMap<string, DesiredRoute>;
  /** Sentences about what cannot be made. */
  readonly troubles: readonly string[];
  /** The same of what other nodes have not said yet: a node that joins holds a block before it says its gateway. */
  readonly unsaid: readonly string[];
}

const NOTHING: Desired = {
  addresses: [],
  forwarding: new Map(),
  neighbours: new Map(),
  routes: new Map(),
  troubles: [],
  unsaid: [],
};

/** @param onLink networks of the link that has this node's underlay address */
export function desiredOf(
  wanted: WantedOverlay,
  peers: readonly SoundPeer[],
  underlay: Underlay,
  onLink: readonly Prefix[],
): Desired {
  const { kind } = wanted;
  if (kind === "none") return NOTHING;
  const routes = new Map<string, DesiredRoute>();
  const troubles: string[] = [];
  const unsaid: string[] = [];
  for (const peer of peers) {
    const trouble =
      kind === "host-gw" && !onLink.some((prefix) => prefix.contains(peer.underlay))
        ? `${peer.underlay} is not on the link ${underlay.name}, as host-gw needs it`
        : routesTo(wanted, peer, routes);
    if (trouble === undefined) continue;
    (kind === "host-gw" ? troubles : unsaid).push(`${nodeWords(peer.node)}: ${trouble}`);
  }
  if (!hasDevice(kind)) return { ...NOTHING, routes, troubles };
  const addresses = wanted.gateways.map((ip) => Prefix.ofHost(ip));
  if (kind === "wireguard") return { ...NOTHING, addresses, routes };
  const forwarding = new Map(peers.map(({ mac = "", underlay: end }) => [mac, end]));
  const neighbours = new Map(
    peers.flatMap(({ mac = "", gateways }) =>
      [...gateways.values()].map((ip) => [ip.toString(), { ip, mac }] as const),
    ),
  );
  return { addresses, forwarding, neighbours, routes, troubles, unsaid };
}

/** Adds the routes to a peer; gives a sentence when some of its addresses have no way. */
function routesTo(
  { kind }: WantedOverlay,
  { underlay, gateways, prefixes }: SoundPeer,
  routes: Map<string, DesiredRoute>,
): string | undefined {
  const without = new Set<number>();
  for (const dst of prefixes) {
    if (kind === "wireguard") {
      routes.set(dst.toString(), { dst });
      continue;
    }
    // IPv4 packets can have an IPv6 next hop, and not the reverse.
    const gateway = kind === "host-gw" ? underlay : (gateways.get(dst.family) ?? gateways.get(6));
    if (gateway === undefined || gateway.family < dst.family) without.add(dst.family);
    else routes.set(dst.toString(), { dst, gateway });
  }
  if (without.size === 0) return undefined;
  const families = [...without].map((family) => `IPv${family}`).join(" and ");
  return kind === "host-gw"
    ? `its ${families} addresses cannot be reached by way of ${underlay}: host-gw needs an IPv6 network`
    : `its ${families} addresses are left out, as it has no gateway of that family`;
}
