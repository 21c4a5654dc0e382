import { type EndedCall, readStdin } from "./calls/index.ts";
import type { DaemonFlags } from "./flags.ts";
import type { Journal, JournalEntry } from "./journal/index.ts";
import type { Listener } from "./listen/index.ts";
import type { Log } from "./log.ts";
import { codeOf, Metrics } from "./metrics/index.ts";
import { notingCalls } from "./noting.ts";
import { Reconciler } from "./reconciler/index.ts";
import { Server } from "./server.ts";
import type { StatusSource } from "./status/index.ts";

export interface NodeOptions {
  readonly flags: DaemonFlags;
  readonly program: string;
  readonly threadUrl: string;
  readonly listener: Listener;
  readonly journal: Journal;
  readonly log: Log;
}

const INTERVAL_MS = 60_000;
const GRACE_MS = 60_000;

/** The daemon's parts, joined: what serves calls, what clears up, and what tells of both. */
export class Node implements StatusSource, Disposable {
  readonly #log: Log;
  readonly #server: Server;
  readonly #reconciler: Reconciler;
  readonly #reconciles: boolean;
  readonly #metrics: Metrics;
  readonly #failure = new AbortController();
  readonly #startedAt = new Date();
  #isEnding = false;

  constructor({ flags, program, threadUrl, listener, journal, log }: NodeOptions) {
    this.#log = log;
    this.#server = new Server({
      ...{ listener, threadUrl, program },
      journal: notingCalls(journal, log),
      ended: (call) => this.#ended(call),
      failed: (reason) => this.#failure.abort(new Error(reason)),
    });
    this.#reconciles = flags.reconcile !== false;
    this.#reconciler = new Reconciler({
      journal,
      intervalMs: flags.reconcileInterval ?? INTERVAL_MS,
      graceMs: flags.reconcileGrace ?? GRACE_MS,
      del: (entry, isWanted) => this.#delete(entry, isWanted),
      told: (entry, plugins, done) => this.#reconciled(entry, plugins, done),
    });
    const server = this.#server;
    this.#metrics = new Metrics({
      running: () => server.order.running,
      waiting: () => server.order.waiting,
      placesTaken: () => server.counts.taken,
      connections: () => server.counts.waiting,
      refused: () => server.counts.refused,
      dropped: () => server.counts.dropped,
      deletedLinks: () => server.deleter.links,
      deleteRequests: () => server.deleter.batches,
      attachments: () => this.#reconciler.attachments,
      ready: () => this.ready(),
    });
  }

  /** Aborted when the daemon cannot go on. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /** Begins to clear up; calls are served from the start on. */
  begin(): void {
    if (this.#reconciles) this.#reconciler.begin();
  }

  ready(): boolean {
    return !this.#isEnding && !this.failed.aborted;
  }

  metrics(): string {
    return this.#metrics.render();
  }

  status(): Readonly<Record<string, unknown>> {
    const { running, waiting } = this.#server.order;
    return {
      pid: process.pid,
      startedAt: this.#startedAt.toISOString(),
      calls: { running, waiting },
      attachments: this.#reconciler.attachments,
      residentBytes: process.memoryUsage.rss(),
    };
  }

  /** Takes no more calls, and finishes what has begun. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.all([this.#reconciler.end(), this.#server.end()]);
  }

  [Symbol.dispose](): void {
    this.#reconciler[Symbol.dispose]();
    this.#server[Symbol.dispose]();
  }

  async #delete(entry: JournalEntry, isWanted: () => boolean): Promise<boolean> {
    const { plugin, cwd, env, stdin } = entry;
    const bytes = new TextEncoder().encode(stdin);
    let isDone = true;
    await this.#server.perform({
      request: {
        ...{ plugin, cwd, env: { ...env, CNI_COMMAND: "DEL" }, stdin: bytes },
        ...{ hasNetns: false, caller: { dev: 0n, ino: 0n } },
      },
      stdin: readStdin(bytes),
      netnsPath: "",
      stderr: (text) => this.#log.info("reconcile", { plugin, text: text.trim() }),
      answer: ({ exitCode }) => {
        isDone = exitCode === 0;
      },
      signal: new AbortController().signal,
      isWanted,
    });
    return isDone;
  }

  #ended(call: EndedCall): void {
    this.#metrics.ended(call);
    const { operation, plugin, network, containerId: container, ifName, netns } = call.facts;
    const failed = call.exitCode === 0 ? undefined : { code: codeOf(call), answer: call.stdout };
    this.#log.info("call", {
      ...{ operation, plugin, network, container, ifName, netns, ...failed },
      ...(call.abandoned ? { abandoned: true } : undefined),
      ms: round(call.ms),
      waitedMs: round(call.waitedMs),
      phases: call.steps.map((report) => ({
        plugin: report.plugin,
        step: report.step,
        ms: round(report.ms),
      })),
    });
  }

  #reconciled(entry: JournalEntry, plugins: readonly string[], done: boolean): void {
    this.#metrics.reconciled(done);
    const { network, containerId: container, ifName, netns } = entry;
    const facts = { network, container, ifName, netns: netns.path, plugins };
    if (done) this.#log.info("reconciled", facts);
    else this.#log.warn("not reconciled", facts);
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
