import { type Check, Finding, NotTried, type Outcome, type SceneOfCheck } from "../check.ts";
import { shuffled } from "./order.ts";

/** Runs checks in random order, each in a scene of its own, some side by side, none twice. */

export interface RunPlan<
  Scene extends SceneOfCheck,
  Facts,
  Own extends Check<Scene, Facts> = Check<Scene, Facts>,
> {
  readonly checks: readonly Own[];
  readonly facts: Facts;
  readonly seed: number;
  /** How many checks run side by side. */
  readonly width: number;
  /** Whether an outcome ends the run; without it none does. */
  readonly bail?: (outcome: Outcome) => boolean;
  readonly scene: (check: Own) => Promise<Scene>;
  /** The command that runs one check alone. */
  readonly repeat: (check: Own) => string;
  readonly onOutcome?: (outcome: Outcome, done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/** A subject that hangs costs its time in each check: after so many the rest is left. */
const HANGS_MAX = 3;
const INTERRUPTED = "interrupted";

export async function runChecks<Scene extends SceneOfCheck, Facts, Own extends Check<Scene, Facts>>(
  plan: RunPlan<Scene, Facts, Own>,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly gaveUp: string | undefined }> {
  const outcomes: Outcome[] = [];
  const waiting = shuffled(plan.checks, plan.seed);
  const all = waiting.length;
  let hangs = 0;
  let gaveUp: string | undefined;
  const work = async (): Promise<void> => {
    for (;;) {
      const check = waiting.shift();
      if (check === undefined) return;
      const outcome =
        gaveUp === undefined
          ? await outcomeOf(plan, check)
          : { ...about(plan, check), verdict: "skipped" as const, reason: gaveUp, ms: 0 };
      outcomes.push(outcome);
      plan.onOutcome?.(outcome, outcomes.length, all);
      if (hasHung(outcome) && ++hangs === HANGS_MAX) {
        gaveUp ??= `the subject hung ${HANGS_MAX} times; the rest was left`;
      }
      if (plan.bail?.(outcome) === true) gaveUp ??= "a check before failed (--bail)";
      if (plan.signal?.aborted === true) gaveUp ??= INTERRUPTED;
    }
  };
  await Promise.all(Array.from({ length: plan.width }, work));
  const order = new Map(plan.checks.map(({ name }, index) => [name, index]));
  outcomes.sort((a, b) => (order.get(a.check) ?? 0) - (order.get(b.check) ?? 0));
  return { outcomes, gaveUp };
}

function hasHung({ transcript = [] }: Outcome): boolean {
  return transcript.some(({ ended = "" }) => /^it (?:did not end|started more)/u.test(ended));
}

function about<Scene extends SceneOfCheck, Facts, Own extends Check<Scene, Facts>>(
  plan: RunPlan<Scene, Facts, Own>,
  check: Own,
): Omit<Outcome, "verdict" | "ms"> {
  const { name, rule, level, tries } = check;
  return { check: name, rule, level, tries, repeat: plan.repeat(check) };
}

async function outcomeOf<Scene extends SceneOfCheck, Facts, Own extends Check<Scene, Facts>>(
  plan: RunPlan<Scene, Facts, Own>,
  check: Own,
): Promise<Outcome> {
  const base = about(plan, check);
  const unfit = check.unfit?.(plan.facts);
  if (unfit !== undefined) return { ...base, verdict: "skipped", reason: unfit, ms: 0 };
  const started = performance.now();
  const ended = (): number => Math.round(performance.now() - started);
  let scene: Scene | undefined;
  try {
    scene = await plan.scene(check);
    await check.run(scene);
    const damage = damageOf(scene);
    if (damage !== undefined) throw damage;
    return { ...base, verdict: "passed", ms: ended() };
  } catch (thrown) {
    const error = isExpected(thrown) ? thrown : (damageOf(scene) ?? thrown);
    if (plan.signal?.aborted === true) {
      return { ...base, verdict: "skipped", reason: INTERRUPTED, ms: ended() };
    }
    const transcript = scene?.transcript ?? [];
    if (error instanceof NotTried) {
      return { ...base, verdict: "skipped", reason: error.message, ms: ended() };
    }
    if (error instanceof Finding) {
      const { expected, came } = error;
      return { ...base, verdict: "failed", finding: { expected, came }, transcript, ms: ended() };
    }
    const reason = error instanceof Error ? error.message : String(error);
    return { ...base, verdict: "broken", reason, transcript, ms: ended() };
  } finally {
    await scene?.[Symbol.asyncDispose]();
  }
}

/** What a check throws by itself. */
function isExpected(error: unknown): boolean {
  return error instanceof Finding || error instanceof NotTried;
}

/** In a scene that the subject has spoilt nothing can be judged, and whatever fails there is its fault. */
function damageOf(scene: SceneOfCheck | undefined): Finding | undefined {
  const came = scene?.damage?.();
  const expected = "the subject leaves the mounts of its host alone";
  return came === undefined ? undefined : new Finding({ expected, came });
}
