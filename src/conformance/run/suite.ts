import type { Check, Outcome, Profile, Report, SceneOfCheck, SubjectSummary } from "../check.ts";
import type { Machine } from "../world/index.ts";
import { runChecks } from "./runner.ts";

/** One run of a suite, from the choice of checks to the report. */

/** What the caller of a suite says; both suites have it. */
export interface SuiteRun<Chosen> {
  readonly profile: Profile;
  readonly seed: number;
  readonly width: number;
  /** Whether an outcome ends the run. */
  readonly bail?: (outcome: Outcome) => boolean;
  /** Which checks run; all of the profile without it. */
  readonly select?: (check: Chosen) => boolean;
  /** Longest time of one call. */
  readonly timeoutMs?: number;
  /** The suite's own version. */
  readonly version: string;
  /** Begins the command that repeats a check. */
  readonly command: string;
  readonly onOutcome?: (outcome: Outcome, done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/** What a suite brings to a run, once it knows its subject. */
export interface Suite<Scene extends SceneOfCheck, Facts, Own extends Check<Scene, Facts>> {
  readonly of: Report["of"];
  readonly checks: readonly Own[];
  readonly facts: Facts;
  readonly subject: SubjectSummary;
  readonly machine: Machine;
  /** By `performance.now()`, before the subject was asked anything. */
  readonly started: number;
  readonly scene: (check: Own, options: SceneOptions) => Promise<Scene>;
}

export interface SceneOptions {
  /** Of the specification; the highest that the subject has, unless the check is for another. */
  readonly version?: string;
  readonly timeoutMs?: number;
}

/** The quick profile is a part of the full one. */
export function isOfProfile({ profile }: { readonly profile: Profile }, wanted: Profile): boolean {
  return wanted === "full" || profile === "quick";
}

export async function runSuite<
  Scene extends SceneOfCheck,
  Facts,
  Own extends Check<Scene, Facts> & { readonly version?: string },
>(run: SuiteRun<Own>, suite: Suite<Scene, Facts, Own>): Promise<Report> {
  const { select, timeoutMs, bail, onOutcome, signal } = run;
  const { outcomes, gaveUp } = await runChecks<Scene, Facts, Own>({
    checks: suite.checks.filter(select ?? ((check) => isOfProfile(check, run.profile))),
    facts: suite.facts,
    seed: run.seed,
    width: run.width,
    scene: async (check) => {
      const { version } = check;
      return await suite.scene(check, {
        ...(version === undefined ? {} : { version }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
    },
    repeat: ({ name }) => `${run.command} --check ${name}`,
    ...(bail === undefined ? {} : { bail }),
    ...(onOutcome === undefined ? {} : { onOutcome }),
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    report: 1,
    suite: { hawser: run.version, specification: "1.1.0" },
    of: suite.of,
    subject: suite.subject,
    profile: run.profile,
    seed: run.seed,
    isRoot: suite.machine.isRoot,
    partial: select !== undefined || gaveUp !== undefined,
    ...(gaveUp === undefined ? {} : { gaveUp }),
    seconds: Math.round(performance.now() - suite.started) / 1000,
    outcomes,
  };
}
