/** What the overlay of one network should be on this node: made from the store's truth, kept by the keeper. */
import type { Ip, Mac, Prefix } from "../addr/index.ts";

/** How packets find the other node. */
export type OverlayKind = "vxlan" | "host-gw" | "wireguard" | "none";

/** Another node of the fleet. Nothing of it is believed before it is checked: it comes from the store. */
export interface Peer {
  readonly node: string;
  /** Where its tunnel ends, or for host-gw the next hop: an address of the network between the nodes. */
  readonly underlay: Ip;
  /** Of its VXLAN device. */
  readonly mac?: Mac;
  /** Its WireGuard public key, in base64. */
  readonly publicKey?: string;
  /** Its own addresses in the fleet's subnets, one a family at most. */
  readonly gateways: readonly Ip[];
  /** Everything that it holds, merged. */
  readonly prefixes: readonly Prefix[];
}

/**
 * The overlay of one network on this node. It is made from a complete view of the fleet: what is not in
 * it is taken away. While the view is not complete there is none, and what stands stays.
 */
export interface WantedOverlay {
  readonly network: string;
  readonly kind: OverlayKind;
  /** This node's address between the nodes: the source of its tunnels. */
  readonly underlay: Ip;
  /** The fleet's subnets. */
  readonly subnets: readonly Prefix[];
  /** This node's own addresses in the fleet's subnets. */
  readonly gateways: readonly Ip[];
  /** VXLAN's network identifier. */
  readonly vni: number;
  /** UDP port of VXLAN, or of WireGuard. */
  readonly port: number;
  /** Of this node's VXLAN device: `overlayMac`. */
  readonly mac?: Mac;
  /** Every other node that holds something, by its id. */
  readonly peers: ReadonlyMap<string, Peer>;
  /** Bridges of this network's containers, which are to answer ARP for the other nodes' containers. */
  readonly proxyArp?: readonly string[];
}
