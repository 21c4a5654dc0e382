import { defined } from "../../base/index.ts";
import type { DaemonServices, PluginEntry, PluginIo, StepReport } from "../../invoke/index.ts";
import { bugStack } from "../../plugin/index.ts";
import { ownExecutor, PLUGINS } from "../../plugins/registry/index.ts";
import type { Observation } from "../../recording/observe/index.ts";
import { ANSWER_MAX, type Request } from "../accept/index.ts";
import { isNested, NESTED_VARIABLE } from "../environment.ts";
import { Abandonment } from "./abandonment.ts";
import { type CallFacts, delegateOf, factsOf } from "./facts.ts";
import { ForeignExecutor } from "./foreign.ts";
import type { CallScheduler, Outcome } from "./scheduler.ts";
import { shortageIn } from "./shortage.ts";
import type { CallSpans, SpanSubject } from "./spans.ts";
import type { Stdin } from "./stdin.ts";

/** Notes the attachments that calls begin, so that they can be removed when no runtime does. */
export interface CallJournal {
  /** Before an ADD; false when it could not be noted, so that a present note is of an earlier ADD. */
  begin(facts: CallFacts, request: Request, stdin: () => string, netnsPath: string): boolean;
  /** After a DEL, and after an ADD that failed. */
  forget(facts: CallFacts): void;
  /** After a GC that succeeded: forgets the attachments that its configuration does not name. */
  collected(facts: CallFacts, config: Stdin["config"]): Promise<void>;
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
  /** Absent where nothing takes calls. */
  readonly spans?: CallSpans;
  /** Called when a call is left to another process, with the reason. */
  readonly leftToOthers: (facts: CallFacts, reason: string) => void;
}

/** A call that waits for its turn. */
export interface PendingCall extends SpanSubject {
  readonly stdin: Stdin;
  /** A path by which any process reaches the container's namespace; "" when there is none. */
  readonly netnsPath: string;
  readonly stderr: (text: string) => void;
  /** Sends the answer, before any work that the caller need not wait for. Not called without one. */
  readonly answer: (answer: CallAnswer) => void;
  /** Another process can do the call: the caller's own. */
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
  readonly stdin: Stdin;
  /** The steps of the plugins in this process, in order. */
  readonly steps: readonly StepReport[];
  /** Milliseconds from the beginning of the call until the work began. */
  readonly waitedMs: number;
  /** Milliseconds of work. */
  readonly ms: number;
  /** The caller has hung up meanwhile. */
  readonly abandoned: boolean;
  /** The stack of a bug that ended it. */
  readonly stack?: string;
}

/**
 * What became of a call: as the scheduler says; or it was begun and failed for a reason that lies in
 * this process alone, so that another one has to take it back and do it anew.
 */
export type PerformOutcome = Outcome | "broken off";

/**
 * Does a call when its turn has come; says what became of it.
 * @throws only before the answer
 */
export async function perform(call: PendingCall, options: PerformOptions): Promise<PerformOutcome> {
  const { request, stdin } = call;
  const facts = factsOf(request, stdin);
  const work = new Work(call, facts, options);
  const { containerId: container, network, operation } = facts;
  let outcome: Outcome = "done";
  if (isNested(request.env)) {
    await work.do();
  } else {
    const scope = { container, network, collects: operation === "GC", delegate: delegateOf(stdin) };
    outcome = await options.scheduler.run(scope, () => work.do(), call);
  }
  const reason = outcome === "returned" ? "it would wait in vain" : work.shortage;
  if (reason !== undefined) options.leftToOthers(facts, reason);
  return work.shortage === undefined ? outcome : "broken off";
}

/** Bytes in UTF-8 of a character of a string, at the most. */
const LONGEST_CHARACTER = 3;

/** The work of a call, once its turn has come. */
class Work {
  readonly #call: PendingCall;
  readonly #facts: CallFacts;
  readonly #options: PerformOptions;
  readonly #begunAt = performance.now();
  readonly #steps: StepReport[] = [];
  #shortage: string | undefined;
  #stack: string | undefined;
  /** Why the call was broken off, see `shortageIn`; undefined when it was answered. */
  shortage: string | undefined;

  constructor(call: PendingCall, facts: CallFacts, options: PerformOptions) {
    this.#call = call;
    this.#facts = facts;
    this.#options = options;
  }

  async do(): Promise<void> {
    const { request, signal, isWanted, canReturn } = this.#call;
    if (isWanted?.() === false) return;
    const startedAt = performance.now();
    const plugin = await PLUGINS.get(request.plugin)?.();
    if (plugin === undefined) throw new RangeError(`there is no plugin ${request.plugin}`);
    const isNoted = this.#begin();
    using abandonment = new Abandonment(signal, this.#facts.operation);
    const waitedMs = startedAt - this.#begunAt;
    const observation = this.#options.spans?.begin(this.#call, waitedMs);
    const answer = await this.#run(plugin.entry, abandonment.signal, observation);
    const ms = performance.now() - startedAt;
    observation?.end(answer.exitCode);
    // Before the answer, since no runtime repeats a DEL that succeeded, should this process die here.
    if (isNoted) await this.#note(answer);
    if (canReturn === true) this.shortage = this.#reasonAgainst(answer);
    if (this.shortage !== undefined) return;
    this.#call.answer(answer);
    const { aborted: abandoned } = signal;
    const steps = this.#steps;
    const { stdin } = this.#call;
    const stack = this.#stack;
    const facts = this.#facts;
    const ended = { facts, stdin, ...answer, steps, waitedMs, ms, abandoned };
    this.#report({ ...ended, ...defined({ stack }) });
    if (observation === undefined) return;
    this.#options.spans?.taker.take({ ...observation.call, abandoned });
  }

  /** Whether the call's end is to be noted. What a nested call makes is the outer call's. */
  #begin(): boolean {
    const { request, stdin, netnsPath } = this.#call;
    if (isNested(request.env)) return false;
    if (this.#facts.operation !== "ADD") return true;
    return this.#options.journal.begin(this.#facts, request, stdin.text, netnsPath);
  }

  /** Why the answer is not to be given. */
  #reasonAgainst({ exitCode, stdout }: CallAnswer): string | undefined {
    if (exitCode !== 0) return this.#shortage;
    if (stdout.length <= ANSWER_MAX / LONGEST_CHARACTER) return undefined;
    const length = Buffer.byteLength(stdout);
    return length <= ANSWER_MAX
      ? undefined
      : `its answer of ${length} bytes is too long to be sent`;
  }

  async #note({ exitCode }: CallAnswer): Promise<void> {
    const { journal } = this.#options;
    const { operation } = this.#facts;
    const isDone = exitCode === 0;
    if (operation === "DEL" ? isDone : operation === "ADD" && !isDone) journal.forget(this.#facts);
    if (operation === "GC" && isDone) await journal.collected(this.#facts, this.#call.stdin.config);
  }

  async #run(
    entry: PluginEntry,
    signal: AbortSignal,
    observation: Observation | undefined,
  ): Promise<CallAnswer> {
    const { request, stdin, netnsPath, stderr } = this.#call;
    const { deleteLinks, program } = this.#options;
    const daemonServices: DaemonServices = {
      netnsPath,
      deleteLinks,
      failed: (error) => {
        this.#shortage ??= shortageIn(error);
        this.#stack ??= bugStack(error, signal);
      },
    };
    const foreign = new ForeignExecutor(request.cwd, netnsPath, (reason) => {
      this.#shortage ??= reason;
    });
    let stdout = "";
    const io: PluginIo = {
      env: ownEnvironment(request.env),
      stdin: stdin.document,
      stdout: (text) => {
        stdout += text;
      },
      stderr,
      signal,
      onStep: (report) => void this.#steps.push(report),
      executor: ownExecutor(program, foreign),
      daemonServices,
    };
    return { exitCode: await entry(observation?.io(io) ?? io), stdout };
  }

  /** Reports the end of a call; a log that cannot be written is no reason to fail. */
  #report(call: EndedCall): void {
    try {
      this.#options.ended(call);
    } catch {
      // The log itself has failed.
    }
  }
}

/** The caller's environment without the daemon's own variable. */
function ownEnvironment(env: Request["env"]): Request["env"] {
  if (!(NESTED_VARIABLE in env)) return env;
  const { [NESTED_VARIABLE]: _, ...rest } = env;
  return rest;
}
