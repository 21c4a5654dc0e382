import type { HostServices, InProcessExecutor, PluginIo, StepReport } from "../../invoke/index.ts";
import type { Plugin } from "../../plugin/index.ts";
import { ownExecutor, PLUGINS } from "../../plugins/registry/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import type { Begun } from "../acceptor/index.ts";
import type { Order } from "../order/index.ts";
import { decodeRequest, type Request } from "../protocol/index.ts";
import { type CallFacts, factsOf } from "./facts.ts";
import { ForeignExecutor, NESTED_VARIABLE } from "./foreign.ts";
import type { Output } from "./output.ts";

/** What calls are served with. */
export interface ServeOptions {
  /** The file of this program, by which plugins found in CNI_PATH are known as own. */
  readonly program: string;
  readonly order: Order;
  readonly deleteLinks: (indexes: readonly number[]) => Promise<void>;
  /** Told when a call has ended, before its caller gets the answer. */
  readonly ended: (call: EndedCall) => void;
}

/** A call and what became of it. */
export interface EndedCall extends CallFacts {
  readonly request: Request;
  /** The container's namespace, open until the caller has the answer; undefined when there is none. */
  readonly netnsPath: string | undefined;
  readonly exitCode: number;
  /** As printed. */
  readonly stdout: string;
  /** What the plugins in this process did, in order. */
  readonly steps: readonly StepReport[];
  /** Milliseconds from GO until the work began. */
  readonly waitedMs: number;
  /** Milliseconds of work. */
  readonly ms: number;
  /** The caller gave up meanwhile. */
  readonly abandoned: boolean;
}

/** Serves one call that has begun, to its answer. Never throws. */
export async function serve(
  begun: Begun,
  output: Output,
  signal: AbortSignal,
  options: ServeOptions,
): Promise<void> {
  try {
    const request = decodeRequest(begun.payload);
    const plugin = await PLUGINS.get(request.plugin)?.();
    if (plugin === undefined) throw new RangeError(`no plugin ${request.plugin}`);
    const call = new Call(request, begun.netns, plugin, output, signal, options);
    await call.serve();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const msg = `the node daemon cannot read the call: ${reason}`;
    const told = new CniError(ErrorCode.DECODING_FAILURE, msg).toJson("1.1.0");
    await output.answer(1, JSON.stringify(told));
  }
}

class Call {
  readonly #request: Request;
  readonly #facts: CallFacts;
  readonly #netnsPath: string | undefined;
  readonly #plugin: Plugin;
  readonly #output: Output;
  readonly #signal: AbortSignal;
  readonly #options: ServeOptions;
  readonly #begunAt = performance.now();
  readonly #steps: StepReport[] = [];
  #stdout = "";

  constructor(
    request: Request,
    netns: number | undefined,
    plugin: Plugin,
    output: Output,
    signal: AbortSignal,
    options: ServeOptions,
  ) {
    this.#request = request;
    this.#facts = factsOf(request);
    this.#netnsPath = netns === undefined ? undefined : `/proc/${process.pid}/fd/${netns}`;
    this.#plugin = plugin;
    this.#output = output;
    this.#signal = signal;
    this.#options = options;
  }

  async serve(): Promise<void> {
    // What a program asks that a call has started must not wait for that call.
    const isNested = (this.#request.env[NESTED_VARIABLE] ?? "") !== "";
    const { operation, containerId, network } = this.#facts;
    const place = { container: containerId, network, collects: operation === "GC" };
    const exitCode = await (isNested
      ? this.#work()
      : this.#options.order.run(place, () => this.#work()));
    await this.#output.answer(exitCode, this.#stdout);
  }

  async #work(): Promise<number> {
    const startedAt = performance.now();
    const exitCode = await this.#plugin.entry(this.#io());
    this.#options.ended({
      ...this.#facts,
      request: this.#request,
      netnsPath: this.#netnsPath,
      exitCode,
      stdout: this.#stdout,
      steps: this.#steps,
      waitedMs: startedAt - this.#begunAt,
      ms: performance.now() - startedAt,
      abandoned: this.#signal.aborted,
    });
    return exitCode;
  }

  #io(): PluginIo {
    const { [NESTED_VARIABLE]: _, ...env } = this.#request.env;
    const host: HostServices = {
      netnsPath: this.#netnsPath ?? "",
      deleteLinks: this.#options.deleteLinks,
    };
    return {
      env,
      stdin: () => decodeStdin(this.#request.stdin),
      stdout: (text) => {
        this.#stdout += text;
      },
      stderr: (text) => this.#output.stderr(text),
      // Only ADD is taken back when nobody waits for it any more: all else is done to its end.
      ...(this.#facts.operation === "ADD" ? { signal: this.#signal } : {}),
      onStep: (report) => void this.#steps.push(report),
      executor: this.#executor(),
      host,
    };
  }

  #executor(): InProcessExecutor {
    const foreign = new ForeignExecutor(this.#request.cwd, this.#netnsPath ?? "");
    return ownExecutor(this.#options.program, foreign);
  }
}

/** As a plugin that reads its own stdin does. */
function decodeStdin(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const msg = "error unmarshall network config: it is not valid UTF-8";
    throw new CniError(ErrorCode.DECODING_FAILURE, msg, { cause });
  }
}
