import type { DaemonServices, PluginEntry, PluginIo, StepReport } from "../../invoke/index.ts";
import { ownExecutor, PLUGINS } from "../../plugins/registry/index.ts";
import type { Request } from "../accept/index.ts";
import { isNested, NESTED_VARIABLE } from "../environment.ts";
import { Abandonment } from "./abandonment.ts";
import { type CallFacts, delegateOf, factsOf } from "./facts.ts";
import { ForeignExecutor } from "./foreign.ts";
import type { CallScheduler, Outcome } from "./scheduler.ts";
import type { Stdin } from "./stdin.ts";

/** Notes the attachments that calls begin, so that they can be removed when no runtime does. */
export interface CallJournal {
  /** Before an ADD; false when it could not be noted, so that a present note is of an earlier ADD. */
  begin(facts: CallFacts, request: Request, stdin: () => string, netnsPath: string): boolean;
  /** After a DEL, and after an ADD that failed. */
  forget(facts: CallFacts): void;
}

/** Everything that serving a call takes of the daemon. */
export interface PerformOptions {
  /** The file of this program, by which plugins in CNI_PATH are recognized as Hawser's own. */
  readonly program: string;
  readonly scheduler: CallScheduler;
  readonly deleteLinks: NonNullable<DaemonServices["deleteLinks"]>;
  readonly journal: CallJournal;
  /** Called when a call has ended and is answered. */
  readonly ended: (call: EndedCall) => void;
}

/** A call that waits for its turn. */
export interface PendingCall {
  readonly request: Request;
  readonly stdin: Stdin;
  /** A path by which any process reaches the container's namespace; "" when there is none. */
  readonly netnsPath: string;
  readonly stderr: (text: string) => void;
  /** Sends the answer, before any work that the caller need not wait for. Not called without one. */
  readonly answer: (answer: CallAnswer) => void;
  /** Another process can do the call as long as it is not begun. */
  readonly canReturn?: boolean;
  /** Aborted when the caller does not wait any more. */
  readonly signal: AbortSignal;
  /** Called when the call's turn has come; false drops the call. */
  readonly isWanted?: () => boolean;
}

/** Output and exit code of a call. */
export interface CallAnswer {
  readonly exitCode: number;
  readonly stdout: string;
}

/** A call that has ended. */
export interface EndedCall extends CallAnswer {
  readonly facts: CallFacts;
  /** The steps of the plugins in this process, in order. */
  readonly steps: readonly StepReport[];
  /** Milliseconds from the beginning of the call until the work began. */
  readonly waitedMs: number;
  /** Milliseconds of work. */
  readonly ms: number;
  /** The caller has hung up meanwhile. */
  readonly abandoned: boolean;
}

/**
 * Does a call when its turn has come; says what became of it.
 * @throws only before the answer
 */
export async function perform(call: PendingCall, options: PerformOptions): Promise<Outcome> {
  const { request, stdin } = call;
  const begunAt = performance.now();
  const facts = factsOf(request, stdin);
  const { operation } = facts;
  const nested = isNested(request.env);
  const work = async (): Promise<void> => {
    if (call.isWanted?.() === false) return;
    const startedAt = performance.now();
    const plugin = await PLUGINS.get(request.plugin)?.();
    if (plugin === undefined) throw new RangeError(`there is no plugin ${request.plugin}`);
    const isNoted =
      !nested &&
      (operation === "ADD"
        ? options.journal.begin(facts, request, stdin.text, call.netnsPath)
        : operation === "DEL");
    const steps: StepReport[] = [];
    using abandonment = new Abandonment(call.signal, operation);
    const answer = await run(plugin.entry, call, abandonment.signal, steps, options);
    const ms = performance.now() - startedAt;
    const isGone = (operation === "DEL") === (answer.exitCode === 0);
    // Before the answer, since no runtime repeats a DEL that succeeded, should this process die here.
    if (isNoted && isGone) options.journal.forget(facts);
    call.answer(answer);
    const { aborted: abandoned } = call.signal;
    const { exitCode, stdout } = answer;
    report(options, {
      facts,
      exitCode,
      stdout,
      steps,
      waitedMs: startedAt - begunAt,
      ms,
      abandoned,
    });
  };
  if (nested) {
    await work();
    return "done";
  }
  const { containerId: container, network } = facts;
  const scope = { container, network, collects: operation === "GC", delegate: delegateOf(stdin) };
  return await options.scheduler.run(scope, work, call);
}

/** Reports the end of a call; a log that cannot be written is no reason to fail. */
function report({ ended }: PerformOptions, call: EndedCall): void {
  try {
    ended(call);
  } catch {
    // The log itself has failed.
  }
}

async function run(
  entry: PluginEntry,
  { request, stdin, netnsPath, stderr }: PendingCall,
  signal: AbortSignal,
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
    signal,
    onStep: (report) => void steps.push(report),
    executor: ownExecutor(program, new ForeignExecutor(request.cwd, netnsPath)),
    daemonServices,
  };
  return { exitCode: await entry(io), stdout };
}

/** The caller's environment without the daemon's own variable. */
function ownEnvironment(env: Request["env"]): Request["env"] {
  if (!(NESTED_VARIABLE in env)) return env;
  const { [NESTED_VARIABLE]: _, ...rest } = env;
  return rest;
}
