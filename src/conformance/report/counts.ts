import type { Outcome, Report } from "../check.ts";
import type { Stale } from "../known/index.ts";

/** What a report comes to: which findings count, and the exit code that follows. */

export interface Judging {
  /** SHOULD counts as MUST does. */
  readonly strict: boolean;
  /** Reasons of failures that are known, by the names of their checks. */
  readonly known?: ReadonlyMap<string, string>;
  /** Lines of the list of known failures that are no longer true. */
  readonly stale?: readonly Stale[];
}

export interface Judgement {
  readonly strict: boolean;
  /** Findings that fail the run. */
  readonly failed: readonly Outcome[];
  /** Findings against a SHOULD where only MUST counts. */
  readonly advised: readonly Outcome[];
  /** Findings that the list of known failures covers. */
  readonly known: readonly Outcome[];
  readonly reasons: ReadonlyMap<string, string>;
  readonly stale: readonly Stale[];
  readonly passed: readonly Outcome[];
  readonly skipped: readonly Outcome[];
  /** Failures of the suite itself. */
  readonly broken: readonly Outcome[];
  /** Why the subject was given up before all checks had run. */
  readonly gaveUp: string | undefined;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly advised: number;
  readonly known: number;
  readonly skipped: number;
  readonly broken: number;
  readonly outOfDate: number;
}

/** Whether a finding fails the run. */
export function isCounted({ verdict, level, check }: Outcome, judging: Judging): boolean {
  if (verdict !== "failed" || judging.known?.has(check) === true) return false;
  return level === "MUST" || judging.strict;
}

export function judge({ outcomes, gaveUp }: Report, judging: Judging): Judgement {
  const { strict, known: reasons = new Map<string, string>(), stale = [] } = judging;
  const of = (verdict: Outcome["verdict"]): Outcome[] =>
    outcomes.filter((outcome) => outcome.verdict === verdict);
  const findings = of("failed");
  return {
    strict,
    failed: findings.filter((outcome) => isCounted(outcome, judging)),
    advised: findings.filter((one) => !isCounted(one, judging) && !reasons.has(one.check)),
    known: findings.filter(({ check }) => reasons.has(check)),
    ...{ reasons, stale, passed: of("passed"), skipped: of("skipped"), broken: of("broken") },
    gaveUp,
  };
}

export function countsOf(judgement: Judgement): Counts {
  const { passed, failed, advised, known, skipped, broken, stale } = judgement;
  return {
    ...{ passed: passed.length, failed: failed.length, advised: advised.length },
    ...{ known: known.length, skipped: skipped.length, broken: broken.length },
    outOfDate: stale.length,
  };
}

/** 1 for findings, and for a subject that was given up; 3 when the suite itself could not run all checks. */
export function exitCodeOf({ failed, stale, broken, gaveUp }: Judgement): 0 | 1 | 3 {
  if (failed.length > 0 || stale.length > 0 || gaveUp !== undefined) return 1;
  return broken.length > 0 ? 3 : 0;
}
