import {
  type Executor,
  findPlugin,
  type PluginAnswer,
  type PluginCall,
  PluginFailure,
  ProcessExecutor,
} from "../../invoke/index.ts";
import { isOwn, PLUGINS, traitsOf } from "../../plugins/registry/index.ts";
import { ErrorCode, JsonDocument } from "../../spec/index.ts";
import { type PendingCall, type PerformOutcome, readStdin } from "../calls/index.ts";
import { NESTED_VARIABLE } from "../environment.ts";

/** How calls of the daemon itself are done. */
export interface DaemonExecutorOptions {
  /** The file of this program. */
  readonly program: string;
  /** Does a call in its turn, behind those of the same container. */
  readonly perform: (call: PendingCall) => Promise<PerformOutcome>;
  /** Hears of each call before it is done: it is the daemon's own. */
  readonly begin: (call: PendingCall) => void;
}

/**
 * Runs the plugins of attachments that the daemon looks at by itself: its own in their turns among the
 * runtime's calls, others as programs.
 */
export class DaemonExecutor implements Executor {
  readonly #options: DaemonExecutorOptions;
  readonly #processes: ProcessExecutor = new ProcessExecutor();
  readonly traits: NonNullable<Executor["traits"]> = traitsOf;

  constructor(options: DaemonExecutorOptions) {
    this.#options = options;
  }

  find(type: string, paths: readonly string[]): string {
    return findPlugin(type, paths);
  }

  async run(call: PluginCall): Promise<PluginAnswer> {
    const { type, path, env } = call;
    if (!PLUGINS.has(type) || !isOwn(path, this.#options.program)) {
      return await this.#processes.run({ ...call, env: { ...env, [NESTED_VARIABLE]: "1" } });
    }
    const started = performance.now();
    const bytes = new TextEncoder().encode(JsonDocument.from(call.stdin).text);
    let stderr = "";
    let answer: { exitCode: number; stdout: string } | undefined;
    const pending: PendingCall = {
      request: {
        plugin: type,
        cwd: "/",
        env,
        stdin: bytes,
        hasNetns: false,
        caller: { dev: 0n, ino: 0n },
      },
      stdin: readStdin(bytes),
      netnsPath: env["CNI_NETNS"] ?? "",
      stderr: (text) => {
        stderr += text;
        call.onStderr?.(text);
      },
      answer: (given) => {
        answer = given;
      },
      signal: call.signal ?? new AbortController().signal,
    };
    this.#options.begin(pending);
    await this.#options.perform(pending);
    const ms = performance.now() - started;
    if (answer !== undefined) return { ...answer, stderr, signal: null, ms };
    throw new PluginFailure(ErrorCode.TRY_AGAIN_LATER, `plugin ${type} was not called`, {
      ...{ operation: call.operation, type, path, exitCode: null, signal: null, ms },
      ...{ stderrTail: stderr, stdoutHead: "", timedOut: false, aborted: true },
    });
  }
}
