/** Calls that this process makes or serves itself: recorded where that is on, and sent on as spans. */
import { existsSync } from "node:fs";
import { defined, type Env } from "../base/index.ts";
import type { Executor, PluginAnswer, PluginCall, PluginEntry } from "../invoke/index.ts";
import { isOwn } from "../plugins/registry/index.ts";
import type { ObservedCall } from "../recording/observe/index.ts";
import { Spans, sendsSpans } from "../recording/spans/index.ts";
import type { CallKeeper } from "../recording/store/index.ts";
import { VERSION } from "./version.ts";

/** So long the end of this process waits for an endpoint to take its spans, in milliseconds. */
const FLUSH_MS = 500;

/** Whether anything takes calls. Where nothing does, a call costs this look. */
function isObserved(env: Env): boolean {
  // The path of the switch, in words: its room is not loaded for a look.
  const stateDir = env["HAWSER_STATE_DIR"] || "/run/hawser";
  return existsSync(`${stateDir}/recording/on.json`) || sendsSpans(env);
}

let spans: Spans | undefined;
const atEnd: (() => void)[] = [];

/** Sends the spans that this process has made, for a bounded time; to be called when it has answered. */
export async function sendSpans(): Promise<void> {
  for (const end of atEnd) end();
  await spans?.flush(FLUSH_MS);
}

/** The plugin that this process is, observed. */
export function observedEntry(type: string, entry: PluginEntry, env: Env): PluginEntry {
  if (!isObserved(env)) return entry;
  return async (io) => {
    const { callerOf, contextOf, observed } = await import("../recording/observe/index.ts");
    const describe = (): ObservedCall => ({
      ...{ plugin: type, path: process.argv0, door: "executable", cwd: process.cwd() },
      ...{ caller: callerOf(process.pid), context: contextOf(env, sendsSpans(env)) },
    });
    return await observed(entry, describe, await keeperOf(env))(io);
  };
}

/** The runtime that this process is. */
export interface ObservedRuntime {
  /** The file of this program. */
  readonly program: string;
  readonly env: Env;
  /** By which name it calls plugins. */
  readonly by: string;
}

/** An executor of a runtime in this process: what it runs is observed, plugins of others as well. */
export function observedExecutor(inner: Executor, runtime: ObservedRuntime): Executor {
  return isObserved(runtime.env) ? new ObservedExecutor(inner, runtime) : inner;
}

class ObservedExecutor implements Executor {
  readonly #inner: Executor;
  readonly #runtime: ObservedRuntime;
  #loaded: Promise<Executor> | undefined;

  constructor(inner: Executor, runtime: ObservedRuntime) {
    this.#inner = inner;
    this.#runtime = runtime;
  }

  find(type: string, paths: readonly string[]): Promise<string> | string {
    return this.#inner.find(type, paths);
  }

  traits(type: string): ReturnType<NonNullable<Executor["traits"]>> {
    return this.#inner.traits?.(type);
  }

  async run(call: PluginCall): Promise<PluginAnswer> {
    this.#loaded ??= this.#load(call);
    return await (await this.#loaded).run(call);
  }

  async #load(first: PluginCall): Promise<Executor> {
    const { CallSpan, contextOf, partOf, SpanExecutor } = await import(
      "../recording/observe/index.ts"
    );
    const { env, by, program } = this.#runtime;
    const keeper = await keeperOf(env);
    const caller = { pid: process.pid, runtime: by };
    // What this process does as a whole is a span, too.
    const context = contextOf(env, sendsSpans(env));
    const start = Date.now();
    atEnd.push(() =>
      spans?.takeWhole({ name: `${first.operation} by ${by}`, context, start, end: Date.now() }),
    );
    return new SpanExecutor(this.#inner, {
      of: ({ operation, type, path }) =>
        new CallSpan({ operation, plugin: type, path }, partOf(context)),
      ended: (span, { env: given, stdin, path }) =>
        keeper.take({
          ...{ span, caller, env: given, cwd: process.cwd(), stdin: () => stdin },
          door: isOwn(path, program) ? "in process" : "executable",
        }),
    });
  }
}

async function keeperOf(env: Env): Promise<CallKeeper> {
  const { CallKeeper, Recorder, Switch } = await import("../recording/store/index.ts");
  const { stateDirectory } = await import("../state/owner/index.ts");
  const stateDir = stateDirectory(env);
  if (sendsSpans(env)) spans ??= new Spans({ version: VERSION, failed: tellFailure });
  const recorder = new Recorder(stateDir, new Switch(stateDir));
  return new CallKeeper({ recorder, ...defined({ spans }) });
}

function tellFailure(reason: string): void {
  process.stderr.write(`no spans are taken: ${reason}\n`);
}
