import type { Outcome, Profile, Report } from "../check.ts";
import { runChecks } from "../run/index.ts";
import type { Machine } from "../world/index.ts";
import type { RuntimeFacts } from "./adapter.ts";
import { RUNTIME_CHECKS } from "./checks.ts";
import type { RuntimeCheck } from "./define.ts";
import { meetRuntime } from "./meet.ts";
import { RuntimeScene } from "./scene.ts";

/** The suite for runtimes: one adapter in, one report out. */

export interface RuntimeRun {
  readonly machine: Machine;
  /** The adapter, absolute. */
  readonly path: string;
  /** What the adapter inherits; parameters of the suite and of CNI are left out. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly profile: Profile;
  readonly seed: number;
  readonly width: number;
  /** Whether an outcome ends the run. */
  readonly bail?: (outcome: Outcome) => boolean;
  /** Which checks run; all of the profile without it. */
  readonly select?: (check: RuntimeCheck) => boolean;
  /** Longest time of one call of the adapter. */
  readonly timeoutMs?: number;
  /** The suite's own version. */
  readonly version: string;
  /** Begins the command that repeats a check. */
  readonly command: string;
  readonly onSubject?: (facts: RuntimeFacts) => void;
  readonly onOutcome?: (outcome: Outcome, done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * @throws MachineUnfit when no world can be made.
 * @throws SubjectError when the adapter does not describe its runtime.
 */
export async function checkRuntime(run: RuntimeRun): Promise<Report> {
  const started = performance.now();
  const env = inherited(run);
  const facts = await meetRuntime(run.machine, run.path, env);
  run.onSubject?.(facts);
  const ofProfile = RUNTIME_CHECKS.filter(
    ({ profile }) => run.profile === "full" || profile === "quick",
  );
  const { select } = run;
  const checks = select === undefined ? ofProfile : RUNTIME_CHECKS.filter(select);
  const { outcomes, gaveUp } = await runChecks({
    checks,
    facts,
    seed: run.seed,
    width: run.width,
    scene: async (check: RuntimeCheck) => {
      return await RuntimeScene.create(run.machine, facts, {
        env,
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
    of: "runtime",
    subject: {
      name: facts.version === "" ? facts.name : `${facts.name} ${facts.version}`,
      path: run.path,
      kind: "runtime",
      versions: facts.versions,
      by: "its adapter's answer to describe",
    },
    profile: run.profile,
    seed: run.seed,
    isRoot: run.machine.isRoot,
    partial: select !== undefined || gaveUp !== undefined,
    ...(gaveUp === undefined ? {} : { gaveUp }),
    ...(gaveUp === undefined ? {} : { gaveUp }),
    seconds: Math.round(performance.now() - started) / 1000,
    outcomes,
  };
}

/** What would change what the runtime does is the check's to say. */
const OWN = /^(?:CNI_|CONF_|CAP_ARGS$|NETCONFPATH$|TMPDIR$|PATH$)/u;

function inherited({ env, machine }: RuntimeRun): Record<string, string> {
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !OWN.test(entry[0]),
  );
  return { ...Object.fromEntries(entries), PATH: machine.path };
}
