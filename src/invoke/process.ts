import { resolve } from "node:path";
import { defined, errnoName, errorText } from "../base/index.ts";
import { ErrorCode, JsonDocument } from "../spec/index.ts";
import type { ChildEnd, ChildRequest } from "./child.ts";
import type { Executor, PluginAnswer, PluginCall } from "./executor.ts";
import { type FailureFacts, head, PluginFailure, tail } from "./failure.ts";
import { findPlugin } from "./find.ts";

/** Limits of a `ProcessExecutor`. */
export interface ProcessOptions {
  /** More on stdout than this ends the plugin; default 16 MiB. */
  readonly maxStdoutBytes?: number;
  /** How much of the end of stderr is kept, in characters; default 65,536. */
  readonly stderrTailLength?: number;
  /** Time between SIGTERM and SIGKILL; default 2,000 ms. */
  readonly graceMs?: number;
  /** How long output is read on after the plugin has gone; default 250 ms. */
  readonly drainMs?: number;
  /** How long a busy executable (ETXTBSY) is tried again; default 3,000 ms. */
  readonly busyMs?: number;
  /** The plugins' current directory, at which relative paths begin; default this process's. */
  readonly cwd?: string;
}

/**
 * Runs plugins as the specification says (section 2): one process a call, in its own process
 * group, which is ended as a whole. What a plugin leaves running after its answer is not waited for.
 *
 * @example
 * ```ts
 * import { buildEnv, ProcessExecutor } from "hawser/invoke";
 *
 * const executor = new ProcessExecutor({ graceMs: 500 });
 * const answer = await executor.run({
 *   operation: "STATUS",
 *   type: "hello",
 *   path: executor.find("hello", ["/opt/cni/bin"]),
 *   stdin: '{"cniVersion": "1.1.0", "name": "hellonet", "type": "hello"}',
 *   env: buildEnv(process.env, { operation: "STATUS", path: ["/opt/cni/bin"] }),
 *   timeoutMs: 10_000,
 * });
 * answer.exitCode; // → 0
 * ```
 */
export class ProcessExecutor implements Executor {
  readonly #options: Required<Omit<ProcessOptions, "cwd">> & Pick<ProcessOptions, "cwd">;

  constructor(options: ProcessOptions = {}) {
    this.#options = {
      maxStdoutBytes: 16 * 1024 * 1024,
      stderrTailLength: 65_536,
      graceMs: 2000,
      drainMs: 250,
      busyMs: 3000,
      ...options,
    };
  }

  /** Finds an executable as `findPlugin` does. */
  find(type: string, paths: readonly string[]): string {
    return findPlugin(type, paths);
  }

  /**
   * Runs a plugin to its end.
   * @throws `PluginFailure` when it could not be started (code 5, busy 11), took too long (11)
   *   or was aborted (11), or printed too much (6)
   */
  async run(call: PluginCall): Promise<PluginAnswer> {
    const started = performance.now();
    const elapsed = (): number => performance.now() - started;
    if (call.signal?.aborted) throw abortedFailure(call, 0);
    try {
      const end = await this.#start(call, elapsed);
      if (end.reason !== undefined || end.stuck) throw this.#ended(call, end, elapsed());
      const { stdout, stderr, exitCode, signal } = end;
      return { stdout, stderr, exitCode, signal, ms: elapsed() };
    } catch (error) {
      if (error instanceof PluginFailure) throw error;
      throw notStarted(call, error, elapsed());
    }
  }

  /** Starts the plugin, again and again while its file is still open for writing. */
  async #start(call: PluginCall, elapsed: () => number): Promise<ChildEnd> {
    // Loaded when needed: a plugin that does not delegate starts some milliseconds sooner.
    const { runChild } = await import("./child.ts");
    for (let pause = 5; ; pause = Math.min(pause * 2, 250)) {
      const left = call.timeoutMs === undefined ? undefined : call.timeoutMs - elapsed();
      if (left !== undefined && left <= 0) {
        throw this.#ended(call, { ...NOTHING, reason: "timeout" }, elapsed());
      }
      try {
        return await runChild(this.#request(call, left));
      } catch (error) {
        if (errnoName(error) !== "ETXTBSY" || elapsed() + pause > this.#options.busyMs) throw error;
      }
      await sleep(pause, call.signal);
      if (call.signal?.aborted) throw abortedFailure(call, elapsed());
    }
  }

  #request(call: PluginCall, timeoutMs: number | undefined): ChildRequest {
    const { maxStdoutBytes, stderrTailLength, graceMs, drainMs, cwd } = this.#options;
    return {
      // An absolute path: a bare name would be searched in PATH.
      path: resolve(cwd ?? "", call.path),
      ...defined({ cwd }),
      stdin: JsonDocument.from(call.stdin).text,
      env: call.env,
      ...(call.onStderr ? { onStderr: call.onStderr } : {}),
      ...(call.signal ? { signal: call.signal } : {}),
      ...defined({ timeoutMs }),
      maxStdoutBytes,
      stderrTailLength,
      graceMs,
      drainMs,
    };
  }

  #ended(call: PluginCall, end: ChildEnd, ms: number): PluginFailure {
    const facts = factsOf(call, end, ms);
    const gone = end.stuck ? "; it does not even go on SIGKILL" : "";
    const details = stderrDetails(end.stderr);
    if (end.reason === "overflow") {
      const limit = this.#options.maxStdoutBytes;
      const msg = `plugin ${quote(call)} printed more than ${limit} bytes and was ended`;
      return new PluginFailure(ErrorCode.DECODING_FAILURE, msg + gone, facts, details);
    }
    const more = end.reason === "timeout" ? ` and was ended${gone}` : gone;
    return endedFailure(call, facts, { ...details, more });
  }
}

/** Waits, but not longer than until the signal. */
function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}

const NOTHING = { stdout: "", stderr: "", exitCode: null, signal: null } as const;

function quote(call: PluginCall): string {
  return JSON.stringify(call.type);
}

/** The facts of a run, for a failure. */
export function factsOf(
  call: PluginCall,
  end: Pick<ChildEnd, "stdout" | "stderr" | "exitCode" | "signal" | "reason">,
  ms: number,
): FailureFacts {
  return {
    operation: call.operation,
    type: call.type,
    path: call.path,
    exitCode: end.exitCode,
    signal: end.signal,
    stderrTail: tail(end.stderr),
    stdoutHead: head(end.stdout),
    ms,
    timedOut: end.reason === "timeout",
    aborted: end.reason === "abort",
  };
}

/** What the plugin wrote to stderr, as an error's details; nothing when it wrote nothing. */
export function stderrDetails(stderr: string): { details?: string } {
  const text = tail(stderr);
  return text === "" ? {} : { details: `stderr: ${text}` };
}

/** The failure of a call that was aborted before its plugin ran. */
export function abortedFailure(call: PluginCall, ms: number): PluginFailure {
  const msg = `plugin ${quote(call)} was not run for ${call.operation}: the operation was aborted`;
  const facts = factsOf(call, { ...NOTHING, reason: "abort" }, ms);
  return new PluginFailure(ErrorCode.TRY_AGAIN_LATER, msg, facts, { cause: call.signal?.reason });
}

/** The failure of a call that was ended while its plugin ran, by its signal or by its time. */
export function endedFailure(
  call: PluginCall,
  facts: FailureFacts,
  { details, more = "" }: { readonly details?: string; readonly more?: string } = {},
): PluginFailure {
  const { type, operation, timeoutMs } = call;
  const why = facts.timedOut
    ? `did not finish ${operation} within ${timeoutMs} ms`
    : `was ended in ${operation}: the operation was aborted`;
  const cause: unknown = facts.timedOut ? timeoutReason(call) : call.signal?.reason;
  const msg = `plugin ${JSON.stringify(type)} ${why}${more}`;
  return new PluginFailure(ErrorCode.TRY_AGAIN_LATER, msg, facts, {
    ...defined({ details }),
    cause,
  });
}

/** What a signal of `AbortSignal.timeout` would have as its reason. */
export function timeoutReason({ operation, timeoutMs }: PluginCall): DOMException {
  return new DOMException(`${operation} took longer than ${timeoutMs} ms`, "TimeoutError");
}

const WHY: Readonly<Record<string, string>> = {
  EACCES: "permission denied; is the file executable, and its file system mounted without noexec?",
  ENOENT: "the file has gone, or the interpreter it names in its first line does not exist",
  ENOEXEC: "the system cannot run this format; is it built for another machine?",
  ETXTBSY: "text file busy: somebody is still writing it",
  E2BIG: "the environment is too large",
};

function notStarted(call: PluginCall, error: unknown, ms: number): PluginFailure {
  const code = errnoName(error);
  const text = errorText(error);
  const why = WHY[code] === undefined ? text : `${WHY[code]} (${code})`;
  return new PluginFailure(
    code === "ETXTBSY" ? ErrorCode.TRY_AGAIN_LATER : ErrorCode.IO_FAILURE,
    `plugin ${quote(call)} could not be started: ${call.path}: ${why}`,
    factsOf(call, NOTHING, ms),
    { cause: error },
  );
}
