/**
 * The picture that a node has of its own part of a fleet's network: what ADD, DEL and CHECK go by. It is
 * one small JSON file, replaced all at once; only the node's member writes it.
 */

/** What a node may do with addresses that were its own when it last asked. */
export type HoldingState =
  /** ADD may reserve from it. */
  | "held"
  /** It is on its way to another node or to the free ones: no ADD reserves from it. */
  | "leaving"
  /** Another node has it by now, or the store does not say that this node does: living containers stay. */
  | "lost";

/** A piece of the fleet's addresses: a block, or a part of one. */
export interface Holding {
  /** `10.42.0.64/26`; `10.42.0.7/32` for a single address. */
  readonly prefix: string;
  readonly state: HoldingState;
}

/** What the node has of one subnet. */
export interface SubnetPicture {
  /** The fleet's subnet, such as `10.42.0.0/16`: the addresses of containers bear its length. */
  readonly subnet: string;
  /** The node's own address in the subnet: the gateway of its containers; absent before the first block. */
  readonly gateway?: string;
  readonly holdings: readonly Holding[];
}

export interface Picture {
  readonly format: 1;
  readonly network: string;
  readonly node: string;
  /** Counts how often this node id has been won: a holding belongs to (node, epoch). */
  readonly epoch: number;
  /** Chosen by the member when it won the epoch, before it asked: tells its own success from another's. */
  readonly session: string;
  /** The lease of the session, as the store names it. */
  readonly lease?: string;
  /** The highest revision of the store that this node has seen, in decimal. */
  readonly revision: string;
  /** The store's own identity. */
  readonly cluster: string;
  /**
   * When the holdings were last known to be this node's: the time at which the question was asked that
   * the store answered so. Of another start of the machine, it counts as never.
   */
  readonly confirmed?: { readonly boot: string; readonly atMs: number };
  /** So long after `confirmed` ADD may go on without an answer of the store. */
  readonly holdMs: number;
  readonly subnets: readonly SubnetPicture[];
  /** Why ADD has to wait, in a sentence for people; absent while all is well. */
  readonly trouble?: string;
}
