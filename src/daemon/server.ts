import { link } from "../kernel/route/index.ts";
import { Fd } from "../kernel/sys/index.ts";
import { Acceptor, type AcceptorCounts, type Begun, type Listener } from "./accept/index.ts";
import { boundsFor, descriptorLimit } from "./bounds.ts";
import {
  type CallJournal,
  CallScheduler,
  type CallSpans,
  type EndedCall,
  Output,
  type PendingCall,
  type PerformOptions,
  type PerformOutcome,
  perform,
  serve,
} from "./calls/index.ts";
import { Deleter, DeletionThread, deletionError } from "./deletion/index.ts";
import { IdleTrimmer } from "./idle-trimmer.ts";

/** The second thread starts when links have to be deleted while the first waits for the kernel. */
const DELETION_THREADS = 2;

export interface ServerOptions {
  readonly listener: Listener;
  /** The module that runs in the daemon's threads. */
  readonly threadUrl: string;
  readonly program: string;
  readonly journal: CallJournal;
  readonly spans: CallSpans;
  /** Called when a call has ended and is answered. */
  readonly ended: (call: EndedCall) => void;
  /** Called when a call is left to its caller's own process, with the reason. */
  readonly leftToOthers: PerformOptions["leftToOthers"];
  /** Called when the server cannot go on. */
  readonly failed: (reason: string) => void;
}

/** Serves calls from its construction to `end`. */
export class Server implements Disposable {
  readonly scheduler: CallScheduler;
  readonly deleter: Deleter;
  readonly #options: ServerOptions;
  readonly #performing: PerformOptions;
  readonly #acceptor: Acceptor;
  readonly #deletions: readonly DeletionThread[];
  /** For links of containers, which the kernel deletes namespace by namespace. */
  readonly #insideDeletions: DeletionThread;
  readonly #linkEvents: link.LinkDepartures;
  readonly #trimmer: IdleTrimmer;
  readonly #calls = new Map<
    number,
    { readonly abort: AbortController; readonly done: Promise<void> }
  >();

  constructor(options: ServerOptions) {
    this.#options = options;
    const { calls, connections } = boundsFor(descriptorLimit());
    this.scheduler = new CallScheduler(calls);
    this.#trimmer = new IdleTrimmer(() => this.#calls.size > 0);
    this.#trimmer.called(); // the start has taken memory as well
    this.#deletions = Array.from(
      { length: DELETION_THREADS },
      () => new DeletionThread(options.threadUrl),
    );
    this.#insideDeletions = new DeletionThread(options.threadUrl);
    this.#linkEvents = new link.LinkDepartures((index) => this.deleter.linkGone(index));
    this.deleter = new Deleter(
      this.#deletions.map((thread) => (indexes) => thread.delete(indexes)),
      this.#linkEvents,
    );
    const { program, ended, journal, leftToOthers, spans } = options;
    const deleteLinks = this.#deleteLinks.bind(this);
    const { scheduler } = this;
    this.#performing = { program, ended, journal, leftToOthers, scheduler, deleteLinks, spans };
    const events = {
      begun: (call: Begun) => this.#begin(call),
      hungUp: (id: number) => this.#calls.get(id)?.abort.abort(new Error("the caller has gone")),
      failed: (reason: string) => options.failed(reason),
    };
    this.#acceptor = new Acceptor(options.threadUrl, options.listener.fd, events, connections);
  }

  get counts(): AcceptorCounts {
    return this.#acceptor.counts;
  }

  /** Takes no more calls, and finishes those that have begun. */
  async end(): Promise<void> {
    await this.#acceptor.end(this.#options.listener.isKept);
    while (this.#calls.size > 0) {
      await Promise.all([...this.#calls.values()].map(({ done }) => done));
    }
  }

  /** To be called after other work than calls: it has taken memory as well. */
  worked(): void {
    this.#trimmer.called();
  }

  /** Does a call of the daemon itself, in its turn; says what became of it. */
  async perform(call: PendingCall): Promise<PerformOutcome> {
    return await perform(call, this.#performing);
  }

  [Symbol.dispose](): void {
    this.#trimmer[Symbol.dispose]();
    this.#acceptor[Symbol.dispose]();
    for (const thread of [...this.#deletions, this.#insideDeletions]) thread[Symbol.dispose]();
    this.#linkEvents[Symbol.dispose]();
  }

  #begin(call: Begun): void {
    const abort = new AbortController();
    this.#calls.set(call.id, { abort, done: this.#serve(call, abort.signal) });
  }

  async #deleteLinks(indexes: readonly number[], netnsPath?: string): Promise<void> {
    if (netnsPath === undefined) return await this.deleter.delete(indexes);
    const [left] = await this.#insideDeletions.delete(indexes, netnsPath);
    if (left !== undefined) throw deletionError(left);
  }

  async #serve(call: Begun, signal: AbortSignal): Promise<void> {
    const netns = call.netns === undefined ? undefined : new Fd(call.netns);
    const release = (): void => {
      // A caller that has its answer may unmount the namespace's path at once.
      netns?.close();
      // It hangs up, which need not wake the acceptor.
      this.#acceptor.release(call.connection);
    };
    const output = new Output(call.connection, call.version, release);
    await serve(call, output, signal, this.#performing);
    // Before the connection: a caller without an answer looks for the turn's lock.
    new Fd(call.turn).close();
    output.close();
    this.#calls.delete(call.id);
    this.#trimmer.called();
  }
}
