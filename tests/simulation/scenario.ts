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

/** The scenario of a seed, without the kinds that are off. */
export function scenarioOf(seed: number, off: readonly FaultKind[]): Scenario {
  const chance = new Chance(`scenario ${seed}`);
  const nodes = chance.whole(2, 4);
  const length = chance.pick([26, 27, 28]);
  const blockSize = chance.pick([29, 30, 31]);
  const subnets = [Prefix.parse(`10.42.0.0/${length}`)];
  const blockSizes = [blockSize];
  if (chance.happens(0.15)) {
    subnets.push(Prefix.parse(`fd42::/${96 + length}`));
    blockSizes.push(96 + blockSize);
  }
  const isNever = chance.happens(0.15);
  const quarantineMs = chance.pick([6000, 12_000, 24_000]);
  const size = 2 ** (32 - length);
  // A part of the seeds has more containers than addresses.
  const fill = chance.pick([0.4, 1, 1.5]);
  const drawn = FAULTS.filter(() => chance.happens(0.5));
  const faults = new Set(drawn.filter((kind) => !off.includes(kind)));
  return {
    config: {
      network: "pods",
      subnets,
      blockSizes,
      quarantineMs: isNever ? undefined : quarantineMs,
      leaseSeconds: chance.pick([1, 2, 4]),
      restMs: chance.pick([2000, 10_000]),
      overlay: "none",
    },
    nodes,
    stormMs: chance.pick([30_000, 60_000, 90_000]),
    faultEveryMs: chance.pick([1000, 2500, 6000]),
    loadEveryMs: chance.pick([200, 600, 2000]),
    containers: Math.ceil((size * fill) / nodes),
    drawn,
    faults,
  };
}
