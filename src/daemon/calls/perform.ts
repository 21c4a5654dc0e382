import type { DaemonServices, PluginEntry, PluginIo, StepReport } from "../../invoke/index.ts";
import { ownExecutor, PLUGINS } from "../../plugins/registry/index.ts";
import type { Order } from "../order/index.ts";
import type { Request } from "../protocol/index.ts";
import { type CallFacts, factsOf, isNested } from "./facts.ts";
import { ForeignExecutor, NESTED_VARIABLE } from "./foreign.ts";
import type { Stdin } from "./stdin.ts";

/** Remembers what was begun, so that somebody can take it away when no runtime does. */
export interface CallJournal {
  /** Before an ADD; gives whether it is noted: else what stands there is of an ADD before it. */
  begin(facts: CallFacts, request: Request, stdin: () => string, netnsPath: string): boolean;
  /** After a DEL, and after an ADD that failed. */
  forget(facts: CallFacts): void;
}

/** What calls are served with. */
export interface PerformOptions {
  /** The file of this program, by which plugins found in CNI_PATH are known as own. */
  readonly program: string;
  readonly order: Order;
  readonly deleteLinks: NonNullable<DaemonServices["deleteLinks"]>;
  readonly journal: CallJournal;
  /** Told when a call has ended, its caller first. */
  readonly ended: (call: EndedCall) => void;
}

/** One call and its caller. */
export interface PendingCall {
  readonly request: Request;
  readonly stdin: Stdin;
  /** A path by which any process reaches the container's namespace; "" when there is none. */
  readonly netnsPath: string;
  readonly stderr: (text: string) => void;
  /** Sends the answer, before all that nobody has to wait for. Not called when there is none. */
  readonly answer: (answer: CallAnswer) => void;
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
export interface EndedCall extends CallAnswer {
  readonly facts: CallFacts;
  /** What the plugins in this process did, in order. */
  readonly steps: readonly StepReport[];
  /** Milliseconds from the beginning of the call until the work began. */
  readonly waitedMs: number;
  /** Milliseconds of work. */
  readonly ms: number;
  /** The caller gave up meanwhile. */
  readonly abandoned: boolean;
}

/** Does one call when its turn has come; throws before it has answered, or never. */
export async function perform(call: PendingCall, options: PerformOptions): Promise<void> {
  const { request, stdin } = call;
  const begunAt = performance.now();
  const facts = factsOf(request, stdin);
  const { operation } = facts;
  const nested = isNested(request);
  const work = async (): Promise<void> => {
    if (call.isWanted?.() === false) return;
    const startedAt = performance.now();
    const plugin = await PLUGINS.get(request.plugin)?.();
    if (plugin === undefined) throw new RangeError(`there is no plugin ${request.plugin}`);
    // A program's call that a call has started is that one's to note, and to take away.
    const isNoted =
      !nested &&
      (operation === "ADD"
        ? options.journal.begin(facts, request, stdin.text, call.netnsPath)
        : operation === "DEL");
    const steps: StepReport[] = [];
    const answer = await run(plugin.entry, call, operation === "ADD", steps, options);
    const ms = performance.now() - startedAt;
    const isGone = (operation === "DEL") === (answer.exitCode === 0);
    // Before the answer: a DEL that is taken for done is not called again, should this process die.
    if (isNoted && isGone) options.journal.forget(facts);
    call.answer(answer);
    const { aborted: abandoned } = call.signal;
    const { exitCode, stdout } = answer;
    tell(options, { facts, exitCode, stdout, steps, waitedMs: startedAt - begunAt, ms, abandoned });
  };
  // What a program asks that a call has started must not wait for that call.
  if (nested) return await work();
  const { containerId, network } = facts;
  await options.order.run({ container: containerId, network, collects: operation === "GC" }, work);
}

/** A log that cannot be written is no reason to end. */
function tell({ ended }: PerformOptions, call: EndedCall): void {
  try {
    ended(call);
  } catch {
    // Nobody is left to be told.
  }
}

async function run(
  entry: PluginEntry,
  { request, stdin, netnsPath, stderr, signal }: PendingCall,
  isAdd: boolean,
  steps: StepReport[],
  { deleteLinks, program }: PerformOptions,
): Promise<CallAnswer> {
  const daemonServices: DaemonServices = { netnsPath, deleteLinks };
  let stdout = "";
  const io: PluginIo = {
    env: ownEnvironment(request.env),
    stdin: stdin.document,
    stdout: (text) => {
      stdout += text;
    },
    stderr,
    // Only ADD is taken back when nobody waits for it any more: all else is done to its end.
    ...(isAdd ? { signal } : undefined),
    onStep: (report) => void steps.push(report),
    executor: ownExecutor(program, new ForeignExecutor(request.cwd, netnsPath)),
    daemonServices,
  };
  return { exitCode: await entry(io), stdout };
}

/** The caller's environment without what is the daemon's own. */
function ownEnvironment(env: Request["env"]): Request["env"] {
  if (!(NESTED_VARIABLE in env)) return env;
  const { [NESTED_VARIABLE]: _, ...rest } = env;
  return rest;
}
