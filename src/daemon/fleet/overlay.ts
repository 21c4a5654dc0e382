import { Ip } from "../../addr/index.ts";
import { defined, errorText } from "../../base/index.ts";
import { type ClusterConfig, pathsOf } from "../../cluster/config/index.ts";
import { BootClock, chance } from "../../cluster/node/index.ts";
import {
  type FleetView,
  followFleet,
  isInDoubt,
  type MemberEvent,
  type Picture,
} from "../../fleet/index.ts";
import {
  OverlayKeeper,
  overlayMac,
  type Peer,
  removeOverlay,
  type Underlay,
  type WantedOverlay,
} from "../../overlay/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import { DirectoryWatch } from "../../state/watch/index.ts";
import type { Store } from "../../store/index.ts";

/** How often all of an overlay is looked at, in milliseconds: changes of the fleet come at once. */
const CHECK_MS = 30_000;
const SETTLE_MS = 20;

export interface NetworkOverlayOptions {
  readonly cluster: ClusterConfig;
  readonly store: Store;
  /** Where this node's tunnels end; undefined while it has no such address. */
  readonly underlay: Underlay | undefined;
  /** Bridges of this node whose containers take the other nodes' for neighbours. */
  readonly bridges: readonly string[];
  readonly picture: () => Picture | undefined;
  /** The fleet, as it was heard, does not give this node what its picture says. */
  readonly doubted: () => void;
  readonly report: (event: MemberEvent) => void;
}

/** The overlay of one network: the fleet's nodes and blocks are watched, and tunnels and routes follow. */
export class NetworkOverlay {
  readonly #options: NetworkOverlayOptions;
  readonly #peers = new Map<string, Peer>();
  #keeper: OverlayKeeper | undefined;
  /** Once all of the fleet has been read. */
  #view: FleetView | undefined;

  constructor(options: NetworkOverlayOptions) {
    this.#options = options;
  }

  /** Nodes that the overlay leads to. */
  get peers(): number {
    return this.#peers.size;
  }

  /** Prefixes that it leads to. */
  get routes(): number {
    return [...this.#peers.values()].reduce((sum, { prefixes }) => sum + prefixes.length, 0);
  }

  get troubles(): readonly string[] {
    return this.#keeper?.troubles ?? [];
  }

  status(): JsonObject {
    const { underlay } = this.#options;
    const { peers, routes } = this;
    return { peers, routes, ...defined({ underlay: underlay?.address.toString() }) };
  }

  /** Keeps it until the signal; what stands then stays. */
  async run(signal: AbortSignal): Promise<void> {
    const { cluster, underlay, store, report, doubted } = this.#options;
    const { kind } = cluster.overlay;
    if (kind === "none") return await clearOverlay(cluster, report);
    if (underlay === undefined) return;
    const { directory } = pathsOf(cluster.place);
    await using keeper = new OverlayKeeper({
      ...{ network: cluster.fleet.network, checkMs: CHECK_MS, report },
      ...(kind === "wireguard" ? { keyPath: `${directory}/wireguard.key` } : {}),
    });
    this.#keeper = keeper;
    const want = (): void => this.#want(keeper, underlay);
    // This node's own id and gateways stand in its picture.
    using _own = new DirectoryWatch(directory, {
      ...{ settleMs: SETTLE_MS, changed: want },
      counts: (name) => name === "picture.json",
    });
    const changed = (view: FleetView, nodes: ReadonlySet<string>): void => {
      this.#view = view;
      for (const node of nodes) {
        const peer = view.peer(node);
        if (peer === undefined) this.#peers.delete(node);
        else this.#peers.set(node, peer);
      }
      want();
      const picture = this.#options.picture();
      if (picture !== undefined && nodes.has(picture.node) && isInDoubt(view, picture)) doubted();
    };
    const clock = new BootClock();
    await followFleet({ config: cluster.fleet, store, clock, chance, report, changed }, signal);
  }

  /** Before the fleet has been read, and before this node has joined it, what stands stays. */
  #want(keeper: OverlayKeeper, underlay: Underlay): void {
    const picture = this.#options.picture();
    if (this.#view === undefined || picture === undefined) return;
    this.#peers.delete(picture.node);
    keeper.want(this.#wanted(picture, underlay));
  }

  #wanted({ node, subnets }: Picture, underlay: Underlay): WantedOverlay {
    const { cluster, bridges } = this.#options;
    const { network, subnets: prefixes } = cluster.fleet;
    const { kind, vni, port } = cluster.overlay;
    return {
      ...{ network, kind, underlay: underlay.address, subnets: prefixes, vni, port },
      ...(kind === "vxlan" ? { mac: overlayMac(network, node) } : {}),
      gateways: subnets.flatMap(({ gateway }) =>
        gateway === undefined ? [] : [Ip.parse(gateway)],
      ),
      // The keeper reads it later, when this one may have changed.
      peers: new Map(this.#peers),
      proxyArp: bridges,
    };
  }
}

/** What an overlay of the network, of whichever kind, has left on this node goes. */
export async function clearOverlay(
  { fleet: { network, subnets } }: ClusterConfig,
  report: (event: MemberEvent) => void,
): Promise<void> {
  try {
    await removeOverlay({ network, subnets });
  } catch (error) {
    const text = `overlay of network ${network}: ${errorText(error)}`;
    report({ kind: "overlay-trouble", text, isTrouble: true });
  }
}
