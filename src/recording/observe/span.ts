import type { StepReport } from "../../invoke/index.ts";
import { partOf, type SpanContext } from "./trace-context.ts";

/** A step of a plugin, and when it began. */
export interface TimedStep extends StepReport {
  /** Milliseconds from the beginning of the plugin's call; before it only by rounding. */
  readonly at: number;
}

/** How a call ended. */
export interface Outcome {
  /** Null when a signal ended the plugin, or it was never started. */
  readonly exitCode: number | null;
  readonly signal?: string;
  /** Gives what the plugin printed, which may cost to print: asked for once, and only to keep it. */
  readonly stdout: () => string;
  readonly stderr: string;
  /** Why the call failed where the plugin itself has printed nothing of it. */
  readonly failure?: string;
}

/** What is called. */
export interface Callee {
  readonly operation: string;
  /** The plugin's type. */
  readonly plugin: string;
  /** The executable, where one was found. */
  readonly path?: string;
}

/** Steps and delegated calls of one call that are kept; a plugin decides how many there are. */
const STEPS_MAX = 256;
const CALLS_MAX = 64;
const DEPTH_MAX = 8;

/** The call of a plugin while it runs: its steps, and the calls that it makes of other plugins. */
export class CallSpan {
  readonly callee: Callee;
  readonly context: SpanContext;
  /** When it began. */
  readonly time: Date = new Date();
  /** The same by the clock of `performance`. */
  readonly startedAt: number = performance.now();
  readonly steps: TimedStep[] = [];
  readonly calls: CallSpan[] = [];
  /** In milliseconds, once the call has ended. */
  ms = 0;
  outcome: Outcome | undefined;
  /** Steps and calls that were too many to be kept. */
  dropped = 0;
  readonly #depth: number;

  constructor(callee: Callee, context: SpanContext, depth = 0) {
    this.callee = callee;
    this.context = context;
    this.#depth = depth;
  }

  /** Takes a step as it is reported, which is at its end. */
  step(report: StepReport): void {
    if (this.steps.length >= STEPS_MAX) {
      this.dropped++;
      return;
    }
    const at = performance.now() - report.ms - this.startedAt;
    this.steps.push({ ...report, at });
  }

  /** Begins a call that this one makes of another plugin. */
  begin(callee: Callee): CallSpan {
    const span = new CallSpan(callee, partOf(this.context), this.#depth + 1);
    if (this.calls.length >= CALLS_MAX || this.#depth >= DEPTH_MAX) this.dropped++;
    else this.calls.push(span);
    return span;
  }

  end(outcome: Outcome): void {
    this.ms = performance.now() - this.startedAt;
    this.outcome = outcome;
  }
}
