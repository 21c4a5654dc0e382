import { errorText } from "../base/index.ts";
import {
  type Environment,
  ErrorCode,
  type JsonSource,
  printResult,
  type Result,
} from "../spec/index.ts";
import { BoundedCapture } from "./capture.ts";
import type {
  DaemonServices,
  Executor,
  PluginAnswer,
  PluginCall,
  PluginTraits,
  StepReport,
} from "./executor.ts";
import { PluginFailure } from "./failure.ts";
import { abortedFailure, endedFailure, factsOf, timeoutReason } from "./process.ts";

/** What a plugin is given when it is reached as a function. */
export interface PluginIo {
  /** What a process would have as its environment. */
  readonly env: Environment;
  /** Gives the request; called once at most. */
  readonly stdin: () => Promise<JsonSource> | JsonSource;
  /** Takes the answer. */
  readonly stdout: (text: string) => void;
  /**
   * Takes the result of ADD, as a reader of the configuration's version sees it, instead of `stdout`.
   * Absent where the answer has to be text.
   */
  readonly result?: (result: Result) => void;
  /** Takes text for people. */
  readonly stderr: (text: string) => void;
  /** Aborted when the caller gives up. */
  readonly signal?: AbortSignal;
  /** Called after each step. */
  readonly onStep?: (report: StepReport) => void;
  /** Runs the plugins that this one delegates to. */
  readonly executor?: Executor;
  /** Services of the process that runs the plugin; absent in a process of the plugin's own. */
  readonly daemonServices?: DaemonServices;
}

/** A plugin as a function; gives its exit code, 0 or 1. */
export type PluginEntry = (io: PluginIo) => Promise<number>;

/** What an `InProcessExecutor` is made of. */
export interface InProcessOptions {
  /** The plugin of a type, if this program has it. */
  readonly plugins: (type: string) => PluginEntry | undefined | Promise<PluginEntry | undefined>;
  /** Whether the file found for a type is this program itself. */
  readonly isOwn: (path: string) => boolean;
  /** What is known of the plugins of a type; default: what `fallback` knows. */
  readonly traits?: (type: string) => PluginTraits | undefined;
  /** Finds plugins, and runs all that are not our own. */
  readonly fallback: Executor;
  /** How long an aborted plugin may take to end, in milliseconds; default 2,000. */
  readonly graceMs?: number;
}

const STDOUT_LIMIT = 16 * 1024 * 1024;
const STDERR_LIMIT = 65_536;

/**
 * Calls plugins that this program has itself, instead of starting it once more: only where the
 * search in `CNI_PATH` really ends at this program, so that what is installed is what runs.
 *
 * @example
 * ```ts
 * import { buildEnv, InProcessExecutor, ProcessExecutor, runPlugin } from "hawser/invoke";
 * import { definePlugin } from "hawser/plugin";
 *
 * const noop = definePlugin({ name: "noop", add: () => ({}), del: () => {} });
 * const executor = new InProcessExecutor({
 *   plugins: (type) => (type === "noop" ? noop.entry : undefined),
 *   isOwn: (path) => path === "/opt/cni/bin/noop",
 *   fallback: new ProcessExecutor(),
 * });
 * const stdout = await runPlugin(executor, {
 *   operation: "VERSION",
 *   type: "noop",
 *   path: "/opt/cni/bin/noop",
 *   stdin: "",
 *   env: buildEnv({}, { operation: "VERSION" }),
 * });
 * JSON.parse(stdout).cniVersion; // → "1.1.0"
 * ```
 */
export class InProcessExecutor implements Executor {
  readonly #options: InProcessOptions;

  constructor(options: InProcessOptions) {
    this.#options = options;
  }

  /** Finds an executable as `fallback` does. */
  find(type: string, paths: readonly string[]): Promise<string> | string {
    return this.#options.fallback.find(type, paths);
  }

  /** What is known of the plugins of a type, without loading one. */
  traits(type: string): PluginTraits | undefined {
    const { traits, fallback } = this.#options;
    return traits?.(type) ?? fallback.traits?.(type);
  }

  /**
   * Calls the plugin's function, or has `fallback` run it.
   * @throws `PluginFailure` when the function took too long or was aborted (code 11), or threw
   *   (999)
   */
  async run(call: PluginCall): Promise<PluginAnswer> {
    const { plugins, isOwn, fallback } = this.#options;
    const entry = isOwn(call.path) ? await plugins(call.type) : undefined;
    if (entry === undefined) return await fallback.run(call);
    if (call.signal?.aborted) throw abortedFailure(call, 0);
    return await this.#call(entry, call);
  }

  async #call(entry: PluginEntry, call: PluginCall): Promise<PluginAnswer> {
    const started = performance.now();
    let stdout: BoundedCapture | undefined;
    let stderr = "";
    let result: Result | undefined;
    const limit = new Limit(call, this.#options.graceMs ?? 2000);
    const io: PluginIo = {
      env: call.env,
      stdin: () => call.stdin,
      stdout: (text) => {
        stdout ??= new BoundedCapture(STDOUT_LIMIT);
        stdout.push(Buffer.from(text));
      },
      stderr: (text) => {
        stderr = (stderr + text).slice(-STDERR_LIMIT);
        call.onStderr?.(text);
      },
      signal: limit.signal,
      ...(call.onStep ? { onStep: call.onStep } : {}),
      ...(call.daemonServices ? { daemonServices: call.daemonServices } : {}),
      result: (given) => {
        result = given;
      },
      executor: call.executor ?? this,
    };
    const end = { exitCode: null as number | null, signal: null };
    const facts = (): PluginAnswer => {
      const text = stdout?.text() ?? "";
      const ended = { ...end, stderr, ms: performance.now() - started };
      // Whatever was printed is the answer, as it would be from a process.
      return result === undefined || text !== ""
        ? { ...ended, stdout: text }
        : withResult(ended, result);
    };
    try {
      const code = await limit.within(entry(io));
      if (code !== undefined) end.exitCode = code;
      // What was to be taken away is away, however late.
      if (call.operation !== "DEL" || code !== 0) limit.judgeLate();
    } catch (error) {
      throw crashed(call, facts(), error);
    } finally {
      limit.end();
    }
    const { reason } = limit;
    if (reason === undefined) return facts();
    const answer = facts();
    throw endedFailure(call, factsOf(call, { ...answer, reason }, answer.ms));
  }
}

/** An answer whose text is made for a caller that asks for it: one in this process takes the result. */
function withResult(ended: Omit<PluginAnswer, "stdout">, result: Result): PluginAnswer {
  return {
    ...ended,
    result,
    get stdout() {
      return printResult(result, result.cniVersion);
    },
  };
}

/** The end of a call: the caller's signal and the time-out as one signal, and a last patience. */
class Limit {
  readonly #controller = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #source: AbortSignal | undefined;
  readonly #graceMs: number;
  #giveUp: () => void = () => {};
  readonly #started = performance.now();
  readonly #call: PluginCall;
  reason: "abort" | "timeout" | undefined;

  constructor(call: PluginCall, graceMs: number) {
    this.#call = call;
    this.#graceMs = graceMs;
    this.#source = call.signal;
    this.#source?.addEventListener("abort", this.#onAbort, { once: true });
    if (call.timeoutMs !== undefined) {
      this.#timers.push(setTimeout(() => this.#stop("timeout"), call.timeoutMs));
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What the work gives; undefined when it did not end in time. */
  async within<T>(work: Promise<T>): Promise<T | undefined> {
    // Without an end there is nothing to race against.
    if (this.#source === undefined && this.#timers.length === 0) return await work;
    const over = new Promise<undefined>((resolve) => {
      this.#giveUp = () => resolve(undefined);
    });
    return await Promise.race([work, over]);
  }

  /**
   * To be called when the work has ended: a timer is late when the work has kept the thread busy, and
   * a plugin of this process has no other time than one that is a process.
   */
  judgeLate(): void {
    const limitMs = this.#call.timeoutMs;
    if (limitMs !== undefined && performance.now() - this.#started > limitMs) {
      this.reason ??= "timeout";
    }
  }

  readonly #onAbort = (): void => this.#stop("abort");

  #stop(reason: "abort" | "timeout"): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#controller.abort(reason === "timeout" ? timeoutReason(this.#call) : this.#source?.reason);
    this.#timers.push(setTimeout(() => this.#giveUp(), this.#graceMs));
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#source?.removeEventListener("abort", this.#onAbort);
  }
}

function crashed(call: PluginCall, answer: PluginAnswer, error: unknown): PluginFailure {
  const text = errorText(error);
  const msg = `plugin ${JSON.stringify(call.type)} threw in ${call.operation}: ${text}`;
  const facts = factsOf(call, answer, answer.ms);
  return new PluginFailure(ErrorCode.INTERNAL, msg, facts, { cause: error });
}
