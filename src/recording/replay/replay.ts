import { existsSync, statSync } from "node:fs";
import { basename } from "node:path";
import { defined, errorText } from "../../base/index.ts";
import {
  type Executor,
  type PluginAnswer,
  type PluginCall,
  PluginFailure,
  ProcessExecutor,
} from "../../invoke/index.ts";
import { field, isOperation, type JsonObject, numberOf } from "../../spec/index.ts";
import type { RecordedCall } from "../form/index.ts";
import { canonical, compare, type Difference, type Ending } from "./compare.ts";
import { objectIn, requestOf } from "./request.ts";

export interface ReplayOptions {
  /** An executable in the place of the recorded ones, or a directory of them. */
  readonly plugin?: string;
  /** Gives the namespace in the place of that of a container. */
  readonly netnsOf: (call: RecordedCall) => string;
  /** Variables that each plugin gets, such as its search path for programs. */
  readonly host: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A call that was made again, or was not. */
export interface Replayed {
  readonly call: RecordedCall;
  /** The executable that was run. */
  readonly path?: string;
  readonly ms?: number;
  readonly exitCode?: number | null;
  readonly differences: readonly Difference[];
  readonly notes: readonly string[];
  /** Why it was not made again. */
  readonly skipped?: string;
}

/** Makes recorded calls again, one after the other, each with the results that the replay has had. */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #executor: Executor | undefined;
  /** Recorded results as texts, and what the replay has had in their place. */
  readonly #results = new Map<string, JsonObject>();

  /** `executor`: in the place of one that runs plugins as processes in the recorded directory. */
  constructor(options: ReplayOptions, executor?: Executor) {
    this.#options = options;
    this.#executor = executor;
  }

  async call(call: RecordedCall): Promise<Replayed> {
    const nothing = { call, differences: [], notes: [] };
    const path = this.#pathOf(call);
    if (path === undefined) return { ...nothing, skipped: "its executable is not known: --plugin" };
    if (!existsSync(path)) return { ...nothing, path, skipped: `${path} is not there` };
    const netns = call.netns === "" ? "" : this.#options.netnsOf(call);
    try {
      return await this.#run(call, path, netns);
    } catch (error) {
      return { ...nothing, path, skipped: errorText(error) };
    }
  }

  async #run(call: RecordedCall, path: string, netns: string): Promise<Replayed> {
    const { plugin, host, timeoutMs, signal } = this.#options;
    const { operation } = call;
    if (!isOperation(operation)) throw new RangeError(`${operation} is no operation`);
    const directory = plugin !== undefined && isDirectory(plugin) ? plugin : undefined;
    const { env, stdin, notes } = requestOf(call, {
      ...{ netns, host, ...defined({ path: directory }) },
      resultFor: (recorded) => this.#results.get(canonical(recorded)),
    });
    const request = { operation, type: call.plugin, path, stdin, env, timeoutMs, signal };
    const started = performance.now();
    const executor = this.#executor ?? new ProcessExecutor({ cwd: directoryOf(call) });
    const { answer, failure } = await answerOf(executor, request);
    const ms = performance.now() - started;
    const before = endingOf(call);
    const after = endingOf({ ...answer, netns });
    if (operation === "ADD" && before.stdout !== undefined && after.stdout !== undefined) {
      this.#results.set(canonical(before.stdout), after.stdout);
    }
    const { differences, notes: more } = compare(before, after);
    const said = failure === undefined ? [] : [failure];
    const { exitCode } = answer;
    return { call, path, ms, exitCode, differences, notes: [...notes, ...said, ...more] };
  }

  #pathOf({ plugin: type, path }: RecordedCall): string | undefined {
    const { plugin } = this.#options;
    if (plugin === undefined) return path;
    return isDirectory(plugin) ? `${plugin}/${type}` : plugin;
  }
}

async function answerOf(
  executor: Executor,
  request: PluginCall,
): Promise<{ answer: Pick<PluginAnswer, "exitCode" | "stdout">; failure?: string }> {
  try {
    return { answer: await executor.run(request) };
  } catch (error) {
    if (!(error instanceof PluginFailure)) throw error;
    const { exitCode, stdoutHead: stdout, message: failure } = error;
    return { answer: { exitCode, stdout }, failure };
  }
}

/** Relative paths of a configuration begin there. */
function directoryOf({ cwd }: RecordedCall): string {
  return isDirectory(cwd) ? cwd : "/";
}

/** Why one executable cannot stand in the place of several plugins; undefined when it can. */
export function misfit(plugin: string, calls: readonly RecordedCall[]): string | undefined {
  const types = [...new Set(calls.map((call) => call.plugin))];
  if (types.length <= 1 || isDirectory(plugin)) return undefined;
  return `${basename(plugin)} cannot be all of ${types.join(", ")}: name a directory, or one call`;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function endingOf(of: {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly netns: string;
}): Ending {
  const stdout = objectIn(of.stdout);
  const code = stdout === undefined ? undefined : numberOf(field(stdout, "code"));
  const msg = stdout === undefined ? undefined : field(stdout, "msg");
  return {
    ...{ exitCode: of.exitCode, netns: of.netns, stdout, code },
    msg: typeof msg === "string" ? msg : undefined,
  };
}
