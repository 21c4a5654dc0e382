import { errorText } from "../base/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";
import type { Piece } from "./kind.ts";

/** Takes back exactly what one `apply` did; safe to call once. */
export type Revert = () => void | Promise<void>;

/**
 * A piece of network state that knows how to come to be, to be verified and to go.
 * Plugins are lists of these, so that ADD, CHECK and DEL cannot disagree.
 */
export interface Step {
  /** Two or three words for reports, such as "veth pair". */
  readonly name: string;
  /** One line for people: what `apply` would make. Touches nothing. */
  describe(): string;
  /**
   * Makes the state. Leaves nothing behind when it throws. The revert takes back what this call
   * made, shared things that it created included; no revert means that nothing was made.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: an apply without a return is meant
  apply(): Revert | void | Promise<Revert | void>;
  /** Throws a CniError that names the difference between the wanted and the real state. */
  check(): void | Promise<void>;
  /**
   * Removes the state, from identity alone: needs no memory of `apply`. What is already gone is
   * fine, and what others share stays.
   */
  undo(): void | Promise<void>;
}

/** What a step did and how long it took; the caller adds who ran it. */
export interface StepTiming {
  step: string;
  text: string;
  /** Milliseconds, with fractions. */
  ms: number;
}

/** How a list of steps is run. */
export interface StepOptions {
  /** When aborted, no further step is begun. */
  signal?: AbortSignal | undefined;
  /** Told after each step that succeeded. */
  onStep?: ((timing: StepTiming) => void) | undefined;
}

/**
 * Applies the steps in order. When one fails, those before it are taken back in reverse and the
 * failure is thrown; what could not be taken back is added to its details.
 * The returned revert takes back the whole list.
 */
export async function applySteps(
  steps: readonly Step[],
  options: StepOptions = {},
): Promise<Revert> {
  const reverts: Revert[] = [];
  const revertAll = async (): Promise<void> => throwGathered(await runReverts(reverts));
  try {
    for (const step of steps) {
      options.signal?.throwIfAborted();
      const revert = await timed(step, options, () => step.apply());
      if (revert !== undefined) {
        reverts.push(revert);
      }
    }
  } catch (error) {
    const failures = await runReverts(reverts);
    throw failures.length === 0 ? error : withLeftovers(error, failures);
  }
  return revertAll;
}

/** Checks the steps in order; the first difference ends it. */
export async function checkSteps(steps: readonly Step[], options: StepOptions = {}): Promise<void> {
  for (const step of steps) {
    options.signal?.throwIfAborted();
    await timed(step, options, () => step.check());
  }
}

/**
 * Undoes all steps in reverse order. A failing step does not keep the others from being undone;
 * at the end the first failure is thrown with the others in its details.
 */
export async function undoSteps(steps: readonly Step[], options: StepOptions = {}): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps.toReversed()) {
    try {
      options.signal?.throwIfAborted();
      await timed(step, options, () => step.undo());
    } catch (error) {
      failures.push(error);
      if (options.signal?.aborted === true) {
        break;
      }
    }
  }
  throwGathered(failures);
}

/** Does everything, past failures too; at the end the first is thrown with the others in its details. */
export async function doAll(works: readonly (() => void | Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  }
  throwGathered(failures);
}

/** Does what may stop half-way, and gives its revert; when it fails the revert has run. */
export async function orRevert(revert: Revert, work: () => void | Promise<void>): Promise<Revert> {
  try {
    await work();
    return revert;
  } catch (error) {
    await revert();
    throw error;
  }
}

/** How a plugin's call runs its steps: until the caller gives up, telling it of each. */
export function stepOptions(call: {
  readonly signal: AbortSignal;
  step(timing: StepTiming): void;
}): StepOptions {
  return { signal: call.signal, onStep: (timing) => call.step(timing) };
}

/** One line per step, for `plan`. */
export function describeSteps(steps: readonly Step[]): string[] {
  return steps.map((step) => `${step.name}: ${step.describe()}`);
}

/**
 * The error to throw when a step has failed and cleaned up behind itself: the step's own, with what
 * could not be taken back in its details.
 */
export function afterCleanup(error: unknown, cleanup: () => void): unknown {
  try {
    cleanup();
    return error;
  } catch (failure) {
    return withLeftovers(error, [failure]);
  }
}

/** As {@link afterCleanup}, for a cleanup that has to wait for something. */
export async function afterRevert(error: unknown, revert: Revert): Promise<unknown> {
  try {
    await revert();
    return error;
  } catch (failure) {
    return withLeftovers(error, [failure]);
  }
}

async function timed<T>(step: Step, options: StepOptions, work: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  let result: T;
  try {
    result = await work();
  } catch (error) {
    throw named(step, error);
  }
  const ms = performance.now() - start;
  options.onStep?.({ step: step.name, text: step.describe(), ms });
  return result;
}

/** What the system refused says nothing of what it was for. */
function named(step: Step, error: unknown): unknown {
  const known = CniError.from(error);
  const isOfSystem = known.cause === error && known.code !== ErrorCode.INTERNAL;
  return isOfSystem
    ? new CniError(known.code, `${step.name}: ${known.msg}`, { cause: error })
    : error;
}

/** Runs and empties the list from its end; gives what failed. */
async function runReverts(reverts: Revert[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (let revert = reverts.pop(); revert !== undefined; revert = reverts.pop()) {
    try {
      await revert();
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}

function withLeftovers(error: unknown, failures: readonly unknown[]): CniError {
  const main = CniError.from(error);
  const leftovers = `could not be taken back: ${failures.map(text).join("; ")}`;
  const details = main.details === undefined ? leftovers : `${main.details}; ${leftovers}`;
  return new CniError(main.code, main.msg, { details, cause: error });
}

function throwGathered(failures: readonly unknown[]): void {
  const [first, ...others] = failures;
  if (first === undefined) {
    return;
  }
  if (others.length === 0 && first instanceof Error) {
    throw first;
  }
  const main = CniError.from(first);
  const details = [main.details, ...others.map(text)].filter((part) => part !== undefined);
  throw new CniError(main.code, main.msg, { details: details.join("; "), cause: first });
}

function text(error: unknown): string {
  return errorText(error);
}

/** A step as a piece, for plugins that are not made of kinds yet. */
export function asPiece(step: Step): Piece {
  return {
    name: step.name,
    describe: () => step.describe(),
    async apply(rollback) {
      const revert = await step.apply();
      if (revert !== undefined) rollback.defer(revert);
    },
    check: async () => await step.check(),
  };
}
