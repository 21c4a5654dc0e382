import { basename } from "node:path";
import type { Outcome, Profile, Report } from "../check.ts";
import { runChecks } from "../run/index.ts";
import type { Subject, SubjectFile } from "../subject/index.ts";
import type { Machine } from "../world/index.ts";
import { PLUGIN_CHECKS } from "./checks.ts";
import type { PluginCheck } from "./define.ts";
import { meet } from "./meet.ts";
import { PluginScene } from "./scene.ts";

/** The suite for plugins: one executable in, one report out. */

export interface PluginRun {
  readonly machine: Machine;
  /** The executable, absolute. */
  readonly path: string;
  readonly file?: SubjectFile;
  readonly profile: Profile;
  readonly seed: number;
  readonly width: number;
  /** Whether an outcome ends the run. */
  readonly bail?: (outcome: Outcome) => boolean;
  /** Which checks run; all of the profile without it. */
  readonly select?: (check: PluginCheck) => boolean;
  /** Longest time of one call. */
  readonly timeoutMs?: number;
  /** The suite's own version. */
  readonly version: string;
  /** Begins the command that repeats a check. */
  readonly command: string;
  readonly onSubject?: (subject: Subject) => void;
  readonly onOutcome?: (outcome: Outcome, done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/** @throws MachineUnfit when no world can be made. */
export async function checkPlugin(run: PluginRun): Promise<Report> {
  const started = performance.now();
  const subject = await meet(run.machine, run.path, run.file, run.timeoutMs);
  run.onSubject?.(subject);
  const ofProfile = PLUGIN_CHECKS.filter(
    ({ profile }) => run.profile === "full" || profile === "quick",
  );
  const { select } = run;
  const checks = select === undefined ? ofProfile : PLUGIN_CHECKS.filter(select);
  const { outcomes, gaveUp } = await runChecks({
    checks,
    facts: subject,
    seed: run.seed,
    width: run.width,
    scene: async (check: PluginCheck) => {
      return await PluginScene.create(run.machine, subject, {
        ...(check.version === undefined ? {} : { version: check.version }),
        ...(run.timeoutMs === undefined ? {} : { timeoutMs: run.timeoutMs }),
      });
    },
    repeat: ({ name }) => `${run.command} --check ${name}`,
    ...(run.bail === undefined ? {} : { bail: run.bail }),
    ...(run.onOutcome === undefined ? {} : { onOutcome: run.onOutcome }),
    ...(run.signal === undefined ? {} : { signal: run.signal }),
  });
  return {
    report: 1,
    suite: { hawser: run.version, specification: "1.1.0" },
    of: "plugin",
    subject: {
      name: basename(run.path),
      path: run.path,
      kind: subject.kind,
      versions: subject.versions,
      by: subject.by,
      ...(subject.isGuess === undefined ? {} : { isGuess: subject.isGuess }),
    },
    profile: run.profile,
    seed: run.seed,
    isRoot: run.machine.isRoot,
    partial: select !== undefined || gaveUp !== undefined,
    ...(gaveUp === undefined ? {} : { gaveUp }),
    seconds: Math.round(performance.now() - started) / 1000,
    outcomes,
  };
}
