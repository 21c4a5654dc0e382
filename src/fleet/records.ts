/** What stands in the store, and under which keys; `docs/decisions/0016-fleet.md` says why. */

/** The fleet as its first node or `hawser cluster init` set it up: every node has to agree. */
export interface FleetRecord {
  readonly format: 1;
  readonly subnets: readonly string[];
  /** Prefix length of a block in each subnet, in their order. */
  readonly blockSizes: readonly number[];
  /** Milliseconds; absent for "never". */
  readonly quarantineMs?: number;
  readonly overlay: string;
  /** The store's own identity when the fleet was set up, or last resumed. */
  readonly cluster: string;
  /** How often the fleet was resumed after its store went back. */
  readonly generation: number;
}

/** A node as it last won its id. */
export interface NodeRecord {
  readonly epoch: number;
  readonly session: string;
  /** The node's address between the nodes. */
  readonly underlay?: string;
  readonly mac?: string;
  readonly publicKey?: string;
  /** The node's own addresses in the subnets. */
  readonly gateways: readonly string[];
  /** The version of Hawser on the node. */
  readonly version: string;
  /** Tells machines apart whose disks are copies of one. */
  readonly machine?: string;
  /** Which machines won the epochs up to this one, the oldest first; what is before them is not known. */
  readonly wonBy?: readonly WonBy[];
  /** The revision of the halt for which the node has asserted all that it holds, in decimal. */
  readonly asserted?: string;
  /** An administrator has given up the node: what it held is free. */
  readonly forgotten?: boolean;
  /** What a newer program writes beside: an older one keeps it. */
  readonly [more: string]: unknown;
}

/** All epochs from this one to the next of the list were won by one machine. */
export interface WonBy {
  readonly from: number;
  /** Absent for a machine that cannot prove itself. */
  readonly machine?: string;
  /** The store went back, and does not say any more which machine won these. */
  readonly isForgotten?: true;
}

/** Under the lease of the session. */
export interface AliveRecord {
  readonly epoch: number;
  readonly session: string;
  /** Chosen anew by each process that is the node's member. */
  readonly member: string;
  /** Counted up by each word of that process: a copy of it is found by a word that was not its own. */
  readonly word: number;
}

/** A part of a block; the parts of one block cover all of it, in the order of their addresses. */
export interface Part {
  readonly prefix: string;
  /** Absent for a part that is free. */
  readonly node?: string;
  readonly epoch?: number;
}

/** A block that has been used at least once. */
export interface BlockRecord {
  readonly parts: readonly Part[];
}

/** How long a node's epoch has been seen over: the node dead, or its id won again. */
export interface QuarantineRecord {
  readonly elapsedMs: number;
  /** The store's revision when that was first seen, in decimal: the oldest has the lowest. */
  readonly since: string;
}

/** Free addresses of a node in each subnet, rounded down to a power of two. */
export interface FillRecord {
  readonly free: readonly number[];
}

/** A node asks the owner of the key for addresses. */
export interface WantRecord {
  readonly epoch: number;
  /** Index of the subnet. */
  readonly subnet: number;
  readonly count: number;
  /** One address and no other. */
  readonly address?: string;
  /** The addresses of this name. */
  readonly sticky?: string;
}

/** A part that was given to the node of the key, which is to note it. */
export interface GivenRecord {
  readonly prefix: string;
  readonly from: string;
  /** Why nothing was given: then `prefix` names what was asked for. */
  readonly refused?: string;
}

/** A name that an administrator has freed: the node of the key keeps its addresses for it no more. */
export interface FreedRecord {
  readonly name: string;
}

/** Addresses that follow a name. */
export interface StickyRecord {
  /** One a subnet. */
  readonly addresses: readonly string[];
  readonly node: string;
  readonly epoch: number;
}

/** The store is not to be believed. */
export interface HaltRecord {
  readonly reason: string;
  readonly by: string;
}
