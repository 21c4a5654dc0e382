/** A fleet as the commands show it. */
import type { Prefix } from "../../../addr/index.ts";
import type { FleetRecord, HaltRecord, NodeRecord } from "../../../fleet/index.ts";
import type { ShownFinding } from "../../finding.ts";

/** How a node of a fleet is. */
export type NodeState =
  /** Its lease is there. */
  | "alive"
  /** Its lease is gone; what it holds is its own until its quarantine is over. */
  | "dead"
  /** Dead, and its quarantine is over: others take what it holds when nothing else is free. */
  | "given up"
  /** It holds something, and the store does not know it. */
  | "unknown";

export interface NodeReport {
  readonly id: string;
  readonly state: NodeState;
  /** Absent where the store does not know the node. */
  readonly record?: NodeRecord;
  /** How long it has been seen dead. */
  readonly deadMs?: number;
  /** All that it holds, in all of its epochs. */
  readonly holds: readonly Prefix[];
  /** Free addresses as it last told them, at least so many: one number for each subnet. */
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
  /** Addresses that containers may have. */
  readonly size: bigint;
  /** Those that nodes alive hold. */
  readonly held: bigint;
  /** Those that dead nodes hold. */
  readonly resting: bigint;
  /** Blocks that have ever been used. */
  readonly blocks: number;
}

export interface FleetReport {
  readonly network: string;
  readonly record: FleetRecord;
  readonly halt?: HaltRecord;
  readonly revision: bigint;
  readonly spaces: readonly SpaceReport[];
  readonly nodes: readonly NodeReport[];
  readonly parts: readonly PartReport[];
  readonly findings: readonly ShownFinding[];
}
