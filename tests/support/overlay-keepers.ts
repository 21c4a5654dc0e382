import type { Family, Prefix } from "../../src/addr/index.ts";
import {
  type OverlayEvent,
  OverlayKeeper,
  type OverlayKind,
  overlayMac,
  type Peer,
  type WantedOverlay,
} from "../../src/overlay/index.ts";
import type { OverlayNode } from "./overlay-nodes.ts";
import { SUBNETS } from "./overlay-nodes.ts";

/** Keepers of one network on each node, with what the store would say of the nodes. */

export const NETWORK = "pods";
const VNI = 4242;
const PORTS = { vxlan: 4789, wireguard: 51_820, "host-gw": 0, none: 0 };

export interface KeepersOptions {
  /** Of the addresses at which tunnels end. */
  readonly underlay?: Family;
  readonly checkMs?: number;
  /** Directory of the keys, for WireGuard. */
  readonly keys?: ReadonlyMap<string, { readonly path: string; readonly publicKey: string }>;
}

export class Keepers implements AsyncDisposable {
  readonly events: OverlayEvent[] = [];
  readonly #nodes: readonly OverlayNode[];
  readonly #kind: OverlayKind;
  readonly #options: KeepersOptions;
  readonly #keepers = new Map<string, OverlayKeeper>();

  constructor(nodes: readonly OverlayNode[], kind: OverlayKind, options: KeepersOptions = {}) {
    this.#nodes = nodes;
    this.#kind = kind;
    this.#options = options;
  }

  /** Has every node keep what the fleet of all nodes is to have. */
  async keep(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => this.want(node, this.wantedOf(node))));
  }

  /** Has one node keep this, from now on. */
  async want(node: OverlayNode, wanted: WantedOverlay): Promise<OverlayKeeper> {
    const keeper = this.of(node);
    keeper.want(wanted);
    await keeper.settled();
    return keeper;
  }

  of(node: OverlayNode): OverlayKeeper {
    let keeper = this.#keepers.get(node.id);
    if (keeper === undefined) {
      keeper = new OverlayKeeper({
        network: NETWORK,
        netns: node.netns,
        keyPath: this.#options.keys?.get(node.id)?.path,
        report: (event) => this.events.push(event),
        checkMs: this.#options.checkMs,
      });
      this.#keepers.set(node.id, keeper);
    }
    return keeper;
  }

  /** Ends a node's keeper, as the end of its daemon does. */
  async end(node: OverlayNode): Promise<void> {
    await this.#keepers.get(node.id)?.[Symbol.asyncDispose]();
    this.#keepers.delete(node.id);
  }

  wantedOf(node: OverlayNode, changed: Partial<WantedOverlay> = {}): WantedOverlay {
    const kind = this.#kind;
    const others = this.#nodes.filter((each) => each !== node);
    return {
      network: NETWORK,
      kind,
      underlay: node.underlay[this.#options.underlay ?? 4],
      subnets: SUBNETS,
      gateways: [node.gateways[4], node.gateways[6]],
      vni: VNI,
      port: PORTS[kind],
      mac: overlayMac(NETWORK, node.id),
      peers: new Map(others.map((each) => [each.id, this.peerOf(each)])),
      ...changed,
    };
  }

  peerOf(
    node: OverlayNode,
    prefixes: readonly Prefix[] = [node.prefixes[4], node.prefixes[6]],
  ): Peer {
    const publicKey = this.#options.keys?.get(node.id)?.publicKey;
    return {
      node: node.id,
      underlay: node.underlay[this.#options.underlay ?? 4],
      mac: overlayMac(NETWORK, node.id),
      gateways: [node.gateways[4], node.gateways[6]],
      prefixes,
      ...(publicKey === undefined ? {} : { publicKey }),
    };
  }

  get troubles(): string[] {
    return [...this.#keepers.values()].flatMap(({ troubles }) => [...troubles]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const keeper of this.#keepers.values()) await keeper[Symbol.asyncDispose]();
  }
}
