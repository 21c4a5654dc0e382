import type { Mutant } from "./mutant.ts";
import { chained } from "./plugin/chained.ts";
import { check } from "./plugin/check.ts";
import { concurrency } from "./plugin/concurrency.ts";
import { del } from "./plugin/del.ts";
import { delegation } from "./plugin/delegation.ts";
import { errors } from "./plugin/errors.ts";
import { gc } from "./plugin/gc.ts";
import { ipam } from "./plugin/ipam.ts";
import { kernel } from "./plugin/kernel.ts";
import { parameters } from "./plugin/parameters.ts";
import { results } from "./plugin/results.ts";
import { status } from "./plugin/status.ts";
import { streams } from "./plugin/streams.ts";
import { versions } from "./plugin/versions.ts";

/** All deliberate faults of plugins. */
export const MUTANTS: readonly Mutant[] = [
  ...streams,
  ...errors,
  ...parameters,
  ...versions,
  ...results,
  ...kernel,
  ...del,
  ...check,
  ...gc,
  ...status,
  ...delegation,
  ...concurrency,
  ...ipam,
  ...chained,
];

/** The fault of a name. */
export function findMutant(name: string): Mutant {
  const found = MUTANTS.find((mutant) => mutant.name === name);
  if (found === undefined) throw new Error(`no mutant is named ${JSON.stringify(name)}`);
  return found;
}
