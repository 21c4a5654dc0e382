/** What the overlay of one network should be on this node: made from the store's truth, kept by the keeper. */
import type { Ip, Mac, Prefix } from "../addr/index.ts";

/** How packets find the other node. */
export type OverlayKind = "vxlan" | "host-gw" | "wireguard" | "none";

/** Another node of the fleet. */
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

/** The overlay of one network on this node. */
export interface WantedOverlay {
  readonly network: string;
  readonly kind: OverlayKind;
  /** This node's address between the nodes: the source of its tunnels. */
  readonly underlay: Ip;
  /** The fleet's subnets. */
  readonly subnets: readonly Prefix[];
  /** This node's own addresses in the fleet's subnets. */
  readonly gateways: readonly Ip[];
  /** VXLAN's network identifier, and its port; WireGuard's port. */
  readonly vni: number;
  readonly port: number;
  /** Of this node's VXLAN device. */
  readonly mac?: Mac;
  /** Every other node that holds something, by its id. */
  readonly peers: ReadonlyMap<string, Peer>;
}
