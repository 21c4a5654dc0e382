import { errorText } from "../../base/index.ts";
import { type PluginEntry, type PluginIo, ProcessExecutor } from "../../invoke/index.ts";
import { type JsonSource, printResult, type Result } from "../../spec/index.ts";
import type { CallTaker, EndedCall } from "./ended.ts";
import { SpanExecutor } from "./executor.ts";
import { CallSpan } from "./span.ts";
import type { SpanContext } from "./trace-context.ts";

/** The beginning of an answer, and the end of messages for people, that are kept, in characters. */
const STDOUT_MAX = 1024 * 1024;
const STDERR_MAX = 16 * 1024;

/** What is known of a call before its plugin runs. */
export interface ObservedCall extends Pick<EndedCall, "door" | "caller" | "cwd" | "waitedMs"> {
  /** The plugin's type. */
  readonly plugin: string;
  /** The executable by which the caller has called it, where that is known. */
  readonly path?: string;
  readonly context: SpanContext;
}

/** One call of a plugin of this process, kept as a span from its construction on. */
export class Observation {
  readonly span: CallSpan;
  readonly #call: ObservedCall;
  readonly #env: PluginIo["env"];
  #stdin: JsonSource | undefined;
  #stdout = "";
  #stderr = "";
  #result: Result | undefined;

  constructor(call: ObservedCall, env: PluginIo["env"]) {
    const { plugin, path, context } = call;
    this.#call = call;
    this.#env = env;
    const operation = env["CNI_COMMAND"] ?? "";
    this.span = new CallSpan({ operation, plugin, ...(path && { path }) }, context);
  }

  /** The surroundings of the plugin, with what the observation hears. */
  io(io: PluginIo): PluginIo {
    const { result, onStep } = io;
    const inner = io.executor ?? new ProcessExecutor();
    return {
      ...io,
      stdin: async () => {
        const stdin = await io.stdin();
        this.#stdin = stdin;
        return stdin;
      },
      stdout: (text) => {
        if (this.#stdout.length < STDOUT_MAX) this.#stdout += text;
        io.stdout(text);
      },
      stderr: (text) => {
        this.#stderr = (this.#stderr + text).slice(-STDERR_MAX);
        io.stderr(text);
      },
      ...(result && {
        result: (given: Result) => {
          this.#result = given;
          result(given);
        },
      }),
      onStep: (step) => {
        this.span.step(step);
        onStep?.(step);
      },
      executor: SpanExecutor.below(inner, this.span, onStep),
    };
  }

  /** To be called when the plugin has ended. */
  end(exitCode: number | null, failure?: string): void {
    const result = this.#result;
    const stdout = this.#stdout;
    this.span.end({
      ...{ exitCode, stderr: this.#stderr },
      stdout: () =>
        stdout === "" && result !== undefined ? printResult(result, result.cniVersion) : stdout,
      ...(failure === undefined ? {} : { failure }),
    });
  }

  /** The call, once it has ended. */
  get call(): EndedCall {
    const { door, caller, cwd, waitedMs } = this.#call;
    return {
      ...{ span: this.span, door, caller, cwd, env: this.#env },
      ...(waitedMs === undefined ? {} : { waitedMs }),
      stdin: () => this.#stdin,
    };
  }
}

/** A plugin whose calls are taken when they have ended. */
export function observed(
  entry: PluginEntry,
  describe: (io: PluginIo) => ObservedCall,
  taker: CallTaker,
): PluginEntry {
  return async (io) => {
    const observation = new Observation(describe(io), io.env);
    try {
      const exitCode = await entry(observation.io(io));
      observation.end(exitCode);
      return exitCode;
    } catch (error) {
      observation.end(null, errorText(error));
      throw error;
    } finally {
      taker.take(observation.call);
    }
  };
}
