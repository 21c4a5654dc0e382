import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** Puts what a build has made in the place of what an earlier one made. */

export const SCRATCH = ".build-";
const SWAPS_MAX = 5;

/** A tool did not accept the sources; the message is what it said. */
export class BuildFailure extends Error {}

/** Where something stands in what a build makes. */
export interface ResultPath {
  /** The directory of all results. */
  readonly dist: string;
  readonly name: string;
  /** What of the scratch directory is put there; "" is all of it. */
  readonly made: string;
}

/**
 * Makes something in a directory aside, and puts it in its place: a process that runs or reads the old
 * one meanwhile keeps it.
 */
export async function inPlace(
  { dist, name, made }: ResultPath,
  make: (scratch: string) => Promise<void>,
): Promise<void> {
  const scratch = join(dist, `${SCRATCH}${process.pid}-${name}`);
  mkdirSync(scratch);
  try {
    await make(scratch);
    swap(join(scratch, made), join(dist, name), `${scratch}-old`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    rmSync(`${scratch}-old`, { recursive: true, force: true });
  }
}

/** A directory cannot be renamed over another, and a second build may be at it as well. */
function swap(made: string, target: string, old: string): void {
  for (let attempt = 0; attempt < SWAPS_MAX; attempt += 1) {
    try {
      if (statSync(made).isDirectory() && existsSync(target)) renameSync(target, old);
      renameSync(made, target);
      return;
    } catch {
      rmSync(old, { recursive: true, force: true });
    }
  }
  throw new BuildFailure(`${target} is changed by another build all the time`);
}

/** A build that was killed leaves its directories behind. */
export function removeLeftovers(dist: string): void {
  for (const name of readdirSync(dist).filter((each) => each.startsWith(SCRATCH))) {
    const pid = name.slice(SCRATCH.length).split("-")[0];
    if (!existsSync(`/proc/${pid}`)) rmSync(join(dist, name), { recursive: true, force: true });
  }
}
