import type { HostServices, PluginIo, StepReport } from "../../invoke/index.ts";
import { ownExecutor, PLUGINS } from "../../plugins/registry/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import type { Order } from "../order/index.ts";
import type { Request } from "../protocol/index.ts";
import { type CallFacts, factsOf } from "./facts.ts";
import { ForeignExecutor, NESTED_VARIABLE } from "./foreign.ts";

/** Remembers what was begun, so that somebody can take it away when no runtime does. */
export interface CallJournal {
  /** Before an ADD. */
  begin(facts: CallFacts, request: Request, netnsPath: string): void;
  /** After a DEL, and after an ADD that failed. */
  forget(facts: CallFacts): void;
}

/** What calls are served with. */
export interface PerformOptions {
  /** The file of this program, by which plugins found in CNI_PATH are known as own. */
  readonly program: string;
  readonly order: Order;
  readonly deleteLinks: (indexes: readonly number[]) => Promise<void>;
  readonly journal: CallJournal;
  /** Told when a call has ended, before its caller gets the answer. */
  readonly ended: (call: EndedCall) => void;
}

/** One call and its caller. */
export interface PendingCall {
  readonly request: Request;
  /** A path by which any process reaches the container's namespace; undefined when there is none. */
  readonly netnsPath: string | undefined;
  readonly stderr: (text: string) => void;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Asked when its turn has come: false when there is nothing to do any more. */
  readonly isWanted?: () => boolean;
}

/** What a call printed, and how it ended. */
export interface CallAnswer {
  readonly exitCode: number;
  readonly stdout: string;
}

/** A call and what became of it. */
export interface EndedCall extends CallFacts, CallAnswer {
  /** What the plugins in this process did, in order. */
  readonly steps: readonly StepReport[];
  /** Milliseconds from GO until the work began. */
  readonly waitedMs: number;
  /** Milliseconds of work. */
  readonly ms: number;
  /** The caller gave up meanwhile. */
  readonly abandoned: boolean;
}

/** Does one call when its turn has come. */
export async function perform(call: PendingCall, options: PerformOptions): Promise<CallAnswer> {
  const begunAt = performance.now();
  const facts = factsOf(call.request);
  const work = async (): Promise<CallAnswer> => {
    if (call.isWanted?.() === false) return { exitCode: 0, stdout: "" };
    const startedAt = performance.now();
    const steps: StepReport[] = [];
    const answer = await run(call, facts, steps, options);
    tell(options, {
      ...{ ...facts, ...answer, steps },
      waitedMs: startedAt - begunAt,
      ms: performance.now() - startedAt,
      abandoned: call.signal.aborted,
    });
    return answer;
  };
  // What a program asks that a call has started must not wait for that call.
  if (isNested(call.request)) return await work();
  const { operation, containerId, network } = facts;
  const place = { container: containerId, network, collects: operation === "GC" };
  return await options.order.run(place, work);
}

/** A log that cannot be written is no reason to take an answer back. */
function tell({ ended }: PerformOptions, call: EndedCall): void {
  try {
    ended(call);
  } catch {
    // Nobody is left to be told.
  }
}

async function run(
  call: PendingCall,
  facts: CallFacts,
  steps: StepReport[],
  options: PerformOptions,
): Promise<CallAnswer> {
  const { request, netnsPath } = call;
  const plugin = await PLUGINS.get(request.plugin)?.();
  if (plugin === undefined) throw new RangeError(`there is no plugin ${request.plugin}`);
  const { [NESTED_VARIABLE]: _, ...env } = request.env;
  const { deleteLinks, journal, program } = options;
  const host: HostServices = { netnsPath: netnsPath ?? "", deleteLinks };
  let stdout = "";
  const io: PluginIo = {
    env,
    stdin: () => decodeStdin(request.stdin),
    stdout: (text) => {
      stdout += text;
    },
    stderr: call.stderr,
    // Only ADD is taken back when nobody waits for it any more: all else is done to its end.
    ...(facts.operation === "ADD" ? { signal: call.signal } : {}),
    onStep: (report) => void steps.push(report),
    executor: ownExecutor(program, new ForeignExecutor(request.cwd, netnsPath ?? "")),
    host,
  };
  // The call that started it is noted, and takes it away, too.
  const isNoted = !isNested(request) && ["ADD", "DEL"].includes(facts.operation);
  if (isNoted && facts.operation === "ADD") journal.begin(facts, request, netnsPath ?? "");
  const exitCode = await plugin.entry(io);
  const isGone = (facts.operation === "DEL") === (exitCode === 0);
  if (isNoted && isGone) journal.forget(facts);
  return { exitCode, stdout };
}

/** Whether a program that the daemon started for another call asks. */
function isNested({ env }: Request): boolean {
  return (env[NESTED_VARIABLE] ?? "") !== "";
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
