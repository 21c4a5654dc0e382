/** A fleet as its store has it at one moment, whole: what an operator looks at. No node reads it so. */
import type { Ip, Prefix } from "../../addr/index.ts";
import type { FleetRecord, HaltRecord, NodeRecord } from "../records.ts";

/** How a node of a fleet is. */
export type NodeState =
  /** Its lease is there. */
  | "alive"
  /** Its lease is gone; what it holds is its own until its quarantine is over. */
  | "dead"
  /** Dead, and its quarantine is over: others take what it holds when nothing else is free. */
  | "given up"
  /** An administrator has freed what it held. */
  | "forgotten"
  /** It holds something, and the store does not know it. */
  | "unknown";

export interface NodeReport {
  readonly id: string;
  readonly state: NodeState;
  /** Absent where the store does not know the node. */
  readonly record?: NodeRecord;
  /** How long the node has been seen dead, in milliseconds. */
  readonly deadMs?: number;
  /** All that it holds, in all of its epochs. */
  readonly holds: readonly Prefix[];
  /** Free addresses in each subnet, rounded down; known of nodes where addresses are short. */
  readonly free?: readonly number[];
}

/** A part of a block, as the store has it. */
export interface PartReport {
  readonly block: Prefix;
  readonly prefix: Prefix;
  readonly node?: string;
  readonly epoch?: number;
}

/** One subnet, counted in addresses. */
export interface SpaceReport {
  readonly subnet: Prefix;
  readonly blockSize: number;
  /** Addresses that containers and gateways may have. */
  readonly size: bigint;
  /** Those that nodes alive hold. */
  readonly held: bigint;
  /** Those that other nodes hold. */
  readonly resting: bigint;
  /** Blocks that have ever been used. */
  readonly blocks: number;
}

/** A name with its addresses. */
export interface StickyReport {
  readonly name: string;
  readonly addresses: readonly Ip[];
  readonly node: string;
}

export interface FleetReport {
  readonly network: string;
  /** The store's own identity now. */
  readonly cluster: string;
  readonly record: FleetRecord;
  readonly halt?: HaltRecord;
  /** Of the halt's key, in decimal: nodes that have asserted what they hold name it. */
  readonly haltRevision?: string;
  readonly revision: bigint;
  readonly spaces: readonly SpaceReport[];
  readonly nodes: readonly NodeReport[];
  readonly parts: readonly PartReport[];
  readonly names: readonly StickyReport[];
  /** Keys that hold no record of this program, and that it leaves alone. */
  readonly strange: readonly string[];
}

/** What differs, and what mends it. */
export interface FleetFinding {
  /** One word for its kind. */
  readonly name: string;
  readonly severity: "error" | "warning" | "note";
  /** A sentence without its full stop. */
  readonly message: string;
  readonly remedy?: string;
}
