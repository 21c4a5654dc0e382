import { CniError, type CniErrorOptions, type Operation } from "../spec/index.ts";

/** All that is known of a plugin run that failed. */
export interface FailureFacts {
  readonly operation: Operation;
  /** The plugin's type. */
  readonly type: string;
  /** Its executable. */
  readonly path: string;
  /** Null when the plugin was ended by a signal or never started. */
  readonly exitCode: number | null;
  /** The signal that ended the plugin, such as `SIGKILL`. */
  readonly signal: string | null;
  /** The end of what the plugin wrote to stderr. */
  readonly stderrTail: string;
  /** The beginning of what the plugin wrote to stdout. */
  readonly stdoutHead: string;
  /** From the start of the call to its end, in milliseconds. */
  readonly ms: number;
  /** It took longer than `timeoutMs`, and was ended. */
  readonly timedOut: boolean;
  /** The caller's signal ended it, or kept it from being started. */
  readonly aborted: boolean;
}

/**
 * A plugin that failed. Code, `msg` and `details` are the plugin's own when it printed an error
 * object; else they tell what happened, with code 0 (it failed without a word), 5 (it could not
 * be started), 6 (its answer cannot be read) or 11 (it was aborted, it took too long, or its file was
 * busy). Where it was aborted, `cause` is the signal's reason; where it took longer than `timeoutMs`, a
 * `DOMException` with the name `TimeoutError`, as of `AbortSignal.timeout`.
 *
 * @example
 * ```ts
 * import { buildEnv, PluginFailure, ProcessExecutor, runPlugin } from "hawser/invoke";
 *
 * const call = { operation: "ADD", type: "gone", path: "/opt/cni/bin/gone", stdin: "{}" } as const;
 * const env = buildEnv(process.env, { operation: "ADD" });
 * const error = await runPlugin(new ProcessExecutor(), { ...call, env }).catch((thrown) => thrown);
 * error instanceof PluginFailure; // → true
 * error.code; // → 5
 * error.exitCode; // → null
 * ```
 */
export class PluginFailure extends CniError implements FailureFacts {
  override name = "PluginFailure";
  readonly operation: Operation;
  readonly type: string;
  readonly path: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderrTail: string;
  readonly stdoutHead: string;
  readonly ms: number;
  readonly timedOut: boolean;
  readonly aborted: boolean;

  constructor(code: number, msg: string, facts: FailureFacts, options: CniErrorOptions = {}) {
    super(code, msg, options);
    this.operation = facts.operation;
    this.type = facts.type;
    this.path = facts.path;
    this.exitCode = facts.exitCode;
    this.signal = facts.signal;
    this.stderrTail = facts.stderrTail;
    this.stdoutHead = facts.stdoutHead;
    this.ms = facts.ms;
    this.timedOut = facts.timedOut;
    this.aborted = facts.aborted;
  }
}

const HEAD = 2048;

/** The beginning of a text, for messages. */
export function head(text: string, length: number = HEAD): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

/** The end of a text, for messages, without surrounding space. */
export function tail(text: string, length: number = HEAD): string {
  const trimmed = text.trim();
  return trimmed.length <= length ? trimmed : `…${trimmed.slice(-length)}`;
}
