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
  | "lost"
  /** The store was asked for it and has not answered: no ADD reserves from it. */
  | "asked"
  /** It was this node's before it won its id again, and may become so again: no ADD reserves from it. */
  | "resting";

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

/** Why an ADD that asked for one address, or for the address of a name, does not get it. */
export interface Refusal {
  /** The address, or the name. */
  readonly need: string;
  /** A sentence for people. */
  readonly reason: string;
  readonly boot: string;
  readonly atMs: number;
}

/** A configuration that is not the fleet's: no ADD with it is waited for. */
export interface Disagreement {
  /** As `termsOf` has it. */
  readonly terms: string;
  /** What differs, in a sentence for people. */
  readonly reason: string;
  readonly boot: string;
  readonly atMs: number;
}

export interface Picture {
  readonly format: 1;
  readonly network: string;
  readonly node: string;
  /** Counts how often this node id has been won: a holding belongs to (node, epoch). */
  readonly epoch: number;
  /** Chosen by the member when it won the epoch: tells its own success from another's. */
  readonly session: string;
  /** The start of the machine in which the epoch was won. */
  readonly boot: string;
  /** What the member is about to win, noted before it asks: a crash in between is no riddle afterwards. */
  readonly asking?: { readonly epoch: number; readonly session: string; readonly boot: string };
  /** The highest revision of the store that this node has seen, in decimal. */
  readonly revision: string;
  /** The store's own identity. */
  readonly cluster: string;
  /** How often the fleet had been resumed after its store went back, when this node last agreed. */
  readonly generation: number;
  /**
   * When the holdings were last known to be this node's: the time at which the question was asked that
   * the store answered so. Of another start of the machine, it counts as never.
   */
  readonly confirmed?: { readonly boot: string; readonly atMs: number };
  /** So long after `confirmed` ADD may go on without an answer of the store; absent for always. */
  readonly holdMs?: number;
  /** A later epoch of the id, won by another machine or start of this one: no earlier one is gone on with. */
  readonly superseded?: number;
  /** Since when "resting" holdings rest that another machine may have won. */
  readonly rest?: { readonly boot: string; readonly atMs: number };
  readonly subnets: readonly SubnetPicture[];
  /** Names with the addresses that follow them and are here, one a subnet: for no other name. */
  readonly sticky?: Readonly<Record<string, readonly string[]>>;
  /** Addresses and names that were asked for and cannot be had now. */
  readonly refusals?: readonly Refusal[];
  /** Why the running member may not take part in the fleet; absent since the two agree. */
  readonly disagreement?: Disagreement;
  /** What the overlay leaves to containers' packets, in bytes, as the node's daemon last found out. */
  readonly mtu?: number;
  /** The revision of the halt that this picture is kept through, in decimal. */
  readonly halted?: string;
  /** Why ADD has to wait, in a sentence for people; absent while all is well. */
  readonly trouble?: string;
}
