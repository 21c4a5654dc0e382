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
  readonly faults?: readonly FaultKind[];
  readonly nodes?: number;
  readonly quarantineMs?: number;
  /** Containers that all runtimes together aim at, as a part of all addresses. */
  readonly fill?: number;
}

/** The scenario of a seed, without the kinds that are off. */
export function scenarioOf(seed: number, off: readonly FaultKind[], fixed: Fixed = {}): Scenario {
  const chance = new Chance(`scenario ${seed}`);
  const drawnNodes = chance.pick([2, 2, 3, 3, 4]);
  const nodes = fixed.nodes ?? drawnNodes;
  const length = chance.pick([27, 28, 28]);
  const blockSize = chance.pick([29, 30, 31]);
  const subnets = [Prefix.parse(`10.42.0.0/${length}`)];
  const blockSizes = [blockSize];
  if (chance.happens(0.15)) {
    subnets.push(Prefix.parse(`fd42::/${96 + length}`));
    blockSizes.push(96 + blockSize);
  }
  const isNever = chance.happens(0.15);
  const drawnMs = chance.pick([4000, 8000, 16_000]);
  const quarantineMs = fixed.quarantineMs ?? (isNever ? undefined : drawnMs);
  const size = 2 ** (32 - length);
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
      leaseSeconds: chance.pick([1, 2, 3]),
      restMs: chance.pick([2000, 10_000]),
      overlay: "none",
    },
    nodes,
    stormMs: chance.pick([20_000, 40_000, 60_000]),
    faultEveryMs: chance.pick([1000, 2500, 6000]),
    loadEveryMs: chance.pick([300, 600, 2000]),
    containers: Math.ceil((size * fill) / nodes),
    drawn,
    faults,
  };
}
