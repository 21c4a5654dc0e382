import { defined, errorText } from "../../base/index.ts";
import {
  type Executor,
  type PluginAnswer,
  type PluginCall,
  PluginFailure,
  type PluginTraits,
  type StepReport,
} from "../../invoke/index.ts";
import type { CallSpan, Outcome } from "./span.ts";
import { variablesOf } from "./trace-context.ts";

/** Has each call as a span: `of` begins it, `ended` takes it when it is over. */
export interface SpanKeeper {
  of(call: PluginCall): CallSpan;
  ended?(span: CallSpan, call: PluginCall): void;
}

/**
 * Runs plugins by another executor and keeps their calls as spans, those that plugins of this process
 * make included. What is executed is sent its span in its environment.
 */
export class SpanExecutor implements Executor {
  readonly #inner: Executor;
  readonly #keeper: SpanKeeper;
  readonly #onStep: ((step: StepReport) => void) | undefined;

  /** `onStep` takes the steps of all calls; default: those of a call go to the call's own observer. */
  constructor(inner: Executor, keeper: SpanKeeper, onStep?: (step: StepReport) => void) {
    this.#inner = inner;
    this.#keeper = keeper;
    this.#onStep = onStep;
  }

  /** An executor for the plugins that a call delegates to. */
  static below(inner: Executor, span: CallSpan, onStep?: (step: StepReport) => void): SpanExecutor {
    const of = ({ operation, type, path }: PluginCall): CallSpan =>
      span.begin({ operation, plugin: type, path });
    return new SpanExecutor(inner, { of }, onStep ?? (() => undefined));
  }

  find(type: string, paths: readonly string[]): Promise<string> | string {
    return this.#inner.find(type, paths);
  }

  traits(type: string): PluginTraits | undefined {
    return this.#inner.traits?.(type);
  }

  async run(call: PluginCall): Promise<PluginAnswer> {
    const span = this.#keeper.of(call);
    const onStep = this.#onStep ?? call.onStep;
    const observed: PluginCall = {
      ...call,
      env: { ...call.env, ...variablesOf(span.context) },
      onStep: (step) => {
        span.step(step);
        onStep?.(step);
      },
      executor: SpanExecutor.below(call.executor ?? this.#inner, span, onStep),
    };
    try {
      const answer = await this.#inner.run(observed);
      span.end(outcomeOf(answer));
      return answer;
    } catch (error) {
      span.end(outcomeOfFailure(error));
      throw error;
    } finally {
      this.#keeper.ended?.(span, call);
    }
  }
}

function outcomeOf(answer: PluginAnswer): Outcome {
  const { exitCode, signal, stderr } = answer;
  return {
    exitCode,
    stderr,
    stdout: () => answer.stdout,
    ...defined({ signal: signal ?? undefined }),
  };
}

/** A plugin that could not be started, was ended, or printed too much. */
function outcomeOfFailure(error: unknown): Outcome {
  const failure = errorText(error);
  if (!(error instanceof PluginFailure)) {
    return { exitCode: null, stdout: () => "", stderr: "", failure };
  }
  const { exitCode, signal, stdoutHead, stderrTail } = error;
  return {
    ...{ exitCode, stdout: () => stdoutHead, stderr: stderrTail, failure },
    ...defined({ signal: signal ?? undefined }),
  };
}
