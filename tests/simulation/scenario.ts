/** What one seed plays: the fleet, its load, and the faults that may come. */

import { Prefix } from "../../src/addr/index.ts";
import type { FleetConfig } from "../../src/fleet/index.ts";
import { Chance } from "./chance.ts";

/** Kinds of faults; each can be switched off, by which a failing seed is shrunk. */
export const FAULTS = [
  "delay",
  "loss",
  "late",
  "cut",
  "down",
  "kill",
  "pause",
  "pause-add",
  "suspend",
  "freeze",
  "reboot",
  "drift",
  "lease",
  "compact",
  "full",
  "lie",
  "restore",
  "forget",
  "clone",
] as const;

export type FaultKind = (typeof FAULTS)[number];

export interface Scenario {
  readonly config: FleetConfig;
  readonly nodes: number;
  /** Milliseconds before the first fault: none, and the fleet comes up in the storm. */
  readonly calmMs: number;
  /** Milliseconds in which faults happen. */
  readonly stormMs: number;
  /** Milliseconds between two faults, on average. */
  readonly faultEveryMs: number;
  /** Milliseconds between two ADDs or DELs of one node, on average. */
  readonly loadEveryMs: number;
  /** Containers that a node's runtime aims at. */
  readonly containers: number;
  /** The kinds that may come; those that were switched off still take their turn, so that the others stay. */
  readonly drawn: readonly FaultKind[];
  readonly faults: ReadonlySet<FaultKind>;
}

/** What a test wants to be so, whatever the seed says. */
export interface Fixed {
  /** The storm is long, whatever the seed says. */
  readonly isLarge?: boolean;
  readonly faults?: readonly FaultKind[];
  readonly nodes?: number;
  readonly quarantineMs?: number;
  /** Containers that all runtimes together aim at, as a part of all addresses. */
  readonly fill?: number;
}

/** What a seed draws from. */
interface Size {
  readonly nodes: readonly number[];
  readonly length: readonly number[];
  readonly blockSize: readonly number[];
  readonly quarantineMs: readonly number[];
  readonly leaseSeconds: readonly number[];
  readonly restMs: readonly number[];
  readonly calmMs: readonly number[];
  readonly stormMs: readonly number[];
  readonly faultEveryMs: readonly number[];
  readonly loadEveryMs: readonly number[];
}

/** What a fault of the protocol needs as a rule: few nodes, few addresses, and several quarantines of time. */
const SMALL: Size = {
  nodes: [2, 2, 3],
  length: [28, 29, 29],
  blockSize: [30, 31],
  quarantineMs: [2000, 4000],
  leaseSeconds: [1],
  restMs: [1000, 4000],
  calmMs: [0, 1000, 3000],
  stormMs: [8000, 12_000, 20_000],
  faultEveryMs: [500, 1000, 2500],
  loadEveryMs: [200, 400, 800],
};

const LARGE: Size = {
  nodes: [2, 3, 4, 5],
  length: [27, 28],
  blockSize: [29, 30, 31],
  quarantineMs: [4000, 8000, 16_000],
  leaseSeconds: [1, 2, 3],
  restMs: [2000, 10_000],
  calmMs: [0, 10_000],
  stormMs: [20_000, 40_000, 60_000],
  faultEveryMs: [1000, 2500, 6000],
  loadEveryMs: [300, 600, 2000],
};

/** A part of the seeds is large. */
const LARGE_PART = 0.1;

/** The scenario of a seed, without the kinds that are off. */
export function scenarioOf(seed: number, off: readonly FaultKind[], fixed: Fixed = {}): Scenario {
  const chance = new Chance(`scenario ${seed}`);
  const size = chance.happens(LARGE_PART) || fixed.isLarge === true ? LARGE : SMALL;
  const drawnNodes = chance.pick(size.nodes);
  const nodes = fixed.nodes ?? drawnNodes;
  const length = chance.pick(size.length);
  const blockSize = chance.pick(size.blockSize);
  const subnets = [Prefix.parse(`10.42.0.0/${length}`)];
  const blockSizes = [blockSize];
  if (chance.happens(0.15)) {
    subnets.push(Prefix.parse(`fd42::/${96 + length}`));
    blockSizes.push(96 + blockSize);
  }
  const isNever = chance.happens(0.15);
  const drawnMs = chance.pick(size.quarantineMs);
  const quarantineMs = fixed.quarantineMs ?? (isNever ? undefined : drawnMs);
  // A part of the seeds has more containers than addresses.
  const drawnFill = chance.pick([0.4, 1, 1.5]);
  const fill = fixed.fill ?? drawnFill;
  const drawn = fixed.faults ?? FAULTS.filter(() => chance.happens(0.5));
  const faults = new Set(drawn.filter((kind) => !off.includes(kind)));
  return {
    config: {
      network: "pods",
      subnets,
      blockSizes,
      quarantineMs,
      leaseSeconds: chance.pick(size.leaseSeconds),
      restMs: chance.pick(size.restMs),
      overlay: "none",
    },
    nodes,
    calmMs: chance.pick(size.calmMs),
    stormMs: chance.pick(size.stormMs),
    faultEveryMs: chance.pick(size.faultEveryMs),
    loadEveryMs: chance.pick(size.loadEveryMs),
    containers: Math.ceil((2 ** (32 - length) * fill) / nodes),
    drawn,
    faults,
  };
}
