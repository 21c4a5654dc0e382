import { type Run, runSeed, type Verdict } from "./run.ts";
import { FAULTS, type FaultKind } from "./scenario.ts";

/** The kinds of faults that a failing run does not need: it fails with all of them switched off. */
export function shrink(run: Run): {
  readonly off: readonly FaultKind[];
  readonly verdict: Verdict;
} {
  let off: readonly FaultKind[] = run.off ?? [];
  let verdict = runSeed({ ...run, off });
  for (const kind of FAULTS) {
    if (!verdict.scenario.faults.has(kind)) continue;
    const without = runSeed({ ...run, off: [...off, kind] });
    if (without.breaches.length === 0) continue;
    off = [...off, kind];
    verdict = without;
  }
  return { off, verdict };
}
