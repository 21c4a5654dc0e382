/** The door of a member: what the daemon, the plugin and the simulation use. */
import type { Ip, Mac, Prefix } from "../addr/index.ts";
import type { Store } from "../store/index.ts";
import type { Chance, Clock, NodeFiles } from "./ports.ts";

/** A fleet's network as its configuration says, checked. */
export interface FleetConfig {
  readonly network: string;
  readonly subnets: readonly Prefix[];
  /** Prefix length of a block in each subnet, in their order. */
  readonly blockSizes: readonly number[];
  /** Milliseconds until the blocks of a dead node may be taken; undefined for never. */
  readonly quarantineMs: number | undefined;
  /** Seconds that the lease of a session lasts. */
  readonly leaseSeconds: number;
  /** Milliseconds that an empty block rests before it is given back. */
  readonly restMs: number;
  readonly overlay: string;
}

/** What the node tells the others of itself. */
export interface NodeFacts {
  readonly underlay?: Ip;
  readonly mac?: Mac;
  readonly publicKey?: string;
  readonly version: string;
  /**
   * Tells machines apart whose disks are copies of one, such as the UUID of the firmware. Where a machine
   * has none, or another one, what the node held before a start of the machine rests for the quarantine.
   */
  readonly machine?: string;
  /** What the overlay leaves to containers' packets, in bytes: for this node's picture alone. */
  readonly mtu?: number;
}

export interface MemberOptions {
  readonly config: FleetConfig;
  /** The node's id: letters, digits, `.`, `-` and `_`. */
  readonly node: string;
  readonly facts: NodeFacts;
  readonly store: Store;
  readonly files: NodeFiles;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Something that an operator would want to know happened. */
  readonly report: (event: MemberEvent) => void;
}

/** What happened, in a word for programs and a sentence for people. */
export interface MemberEvent {
  readonly kind: string;
  readonly text: string;
  readonly isTrouble: boolean;
}

/** What an ADD waits for. */
export interface Need {
  /** Index of the subnet. */
  readonly subnet: number;
  /** One address and no other. */
  readonly address?: Ip;
  /** The address of this name, wherever it is. */
  readonly sticky?: string;
}

/** This node in one fleet's network. */
export interface Member {
  /**
   * Until the signal: wins the node's id, keeps its lease, confirms what it holds, fetches blocks and gives
   * them back, splits them for others, counts quarantines. Never rejects for a store that is away: it tries again.
   */
  run(signal: AbortSignal): Promise<void>;
  /** One round, for a plugin on a node without daemon; serves the needs. @throws StoreError */
  once(needs: readonly Need[], signal: AbortSignal): Promise<void>;
  /** Tells the member what all waiting ADDs need; `run` looks at once. */
  need(needs: readonly Need[]): void;
  /** Tells the member that reservations have changed: it counts again soon. */
  changed(): void;
  /**
   * Tells the member that the store may say something else of this node's blocks than its picture. Nothing follows
   * from it but that the store is asked at once.
   */
  doubt(): void;
  /** Whether ADD can be served now, and if not, why, for STATUS and readiness. */
  readonly trouble: string | undefined;
}
