/** How much is measured. */
export interface Size {
  /** Rounds of each contender. */
  readonly rounds: number;
  /** Rounds of contenders that need a second or so for each. */
  readonly slowRounds: number;
  /** Numbers of attachments that are there already. */
  readonly attachments: readonly number[];
  /** How many are attached when commands look at them. */
  readonly attached: number;
  /** As many of them where filling takes long. */
  readonly reservations: readonly number[];
  readonly mappings: readonly number[];
  readonly connections: number;
  /** Containers that come at once, and how often they do. */
  readonly burst: number;
  readonly bursts: number;
  /** Routes with which a container fills its own namespace. */
  readonly routes: number;
  /** How long an idle daemon is watched. */
  readonly watchMs: number;
  /** The same for the program behind a page. */
  readonly uiWatchMs: number;
  /** How long nothing happens before that. */
  readonly uiSettleMs: number;
  /** A page rests between readings of what keeps changing: so long after it, a change is one of its own. */
  readonly uiApartMs: number;
  /** So long after its last work a daemon has collected its garbage. */
  readonly collectedMs: number;
  /** The pause behind an operation whose processor time is measured. */
  readonly pauseMs: number;
  /** How long no call comes before the one that is measured, and how often. */
  readonly silenceMs: number;
  readonly silences: number;
  /** Nodes of a fleet, a subnet in which each address is needed, and one with plenty. */
  readonly fleet: {
    readonly nodes: number;
    readonly blockSize: number;
    readonly scarce: string;
    readonly plenty: string;
  };
}

/** Sizes by name: the usual takes minutes; the tiny one only shows that everything runs. */
export const SIZES: Readonly<Record<"tiny" | "usual" | "full", Size>> = {
  tiny: {
    rounds: 1,
    slowRounds: 1,
    attachments: [0, 3],
    attached: 3,
    reservations: [0, 5],
    mappings: [1, 4],
    connections: 2,
    burst: 3,
    bursts: 1,
    routes: 100,
    watchMs: 100,
    uiWatchMs: 500,
    uiSettleMs: 500,
    uiApartMs: 200,
    collectedMs: 500,
    pauseMs: 5,
    silenceMs: 50,
    silences: 1,
    fleet: { nodes: 2, blockSize: 29, scarce: "10.42.0.0/27", plenty: "10.42.0.0/20" },
  },
  usual: {
    rounds: 30,
    slowRounds: 5,
    attachments: [0, 1000, 5000],
    attached: 1000,
    reservations: [0, 10_000, 60_000],
    mappings: [1, 1000, 10_000],
    connections: 300,
    burst: 100,
    bursts: 3,
    routes: 50_000,
    watchMs: 10_000,
    uiWatchMs: 20_000,
    uiSettleMs: 40_000,
    uiApartMs: 2000,
    collectedMs: 12_000,
    pauseMs: 40,
    silenceMs: 70_000,
    silences: 3,
    fleet: { nodes: 10, blockSize: 26, scarce: "10.42.0.0/22", plenty: "10.42.0.0/18" },
  },
  full: {
    rounds: 60,
    slowRounds: 10,
    attachments: [0, 1000, 5000, 10_000],
    attached: 1000,
    reservations: [0, 1000, 10_000, 60_000],
    mappings: [1, 100, 1000, 10_000],
    connections: 1000,
    burst: 100,
    bursts: 10,
    routes: 200_000,
    watchMs: 20_000,
    uiWatchMs: 60_000,
    uiSettleMs: 40_000,
    uiApartMs: 2000,
    collectedMs: 12_000,
    pauseMs: 40,
    silenceMs: 70_000,
    silences: 10,
    fleet: { nodes: 10, blockSize: 26, scarce: "10.42.0.0/22", plenty: "10.42.0.0/18" },
  },
};
