import { errorText } from "../base/index.ts";
import { ENV } from "../spec/index.ts";
import type { Listener } from "./accept/index.ts";
import { type Journal, type JournalEntry, Reconciler } from "./attachments/index.ts";
import { type CallFacts, type EndedCall, readStdin, recordDaemonCalls } from "./calls/index.ts";
import type { DaemonFlags } from "./flags.ts";
import { codeOf, type Log, Metrics, type StatusSource } from "./observe/index.ts";
import { Server } from "./server.ts";

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

/** Joins the parts of the daemon: the server of calls, the reconciler, metrics and log. */
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
      listener,
      threadUrl,
      program,
      journal: recordDaemonCalls(journal, (note) => log.warn("journal", { ...note })),
      ended: (call) => this.#ended(call),
      leftToOthers: (facts, reason) => this.#leftToOthers(facts, reason),
      failed: (reason) => this.#failure.abort(new Error(reason)),
    });
    this.#reconciles = flags.reconcile !== false;
    this.#reconciler = new Reconciler({
      journal,
      intervalMs: flags.reconcileInterval ?? INTERVAL_MS,
      graceMs: flags.reconcileGrace ?? GRACE_MS,
      del: (entry, isWanted) => this.#delete(entry, isWanted),
      onReconciled: (entry, plugins, done) => this.#reconciled(entry, plugins, done),
      onFailed: (error) => log.warn("reconcile", { reason: errorText(error) }),
    });
    const server = this.#server;
    this.#metrics = new Metrics({
      running: () => server.scheduler.running,
      waiting: () => server.scheduler.waiting,
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

  /** Begins to reconcile; calls are served already. */
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
    const { running, waiting } = this.#server.scheduler;
    return {
      pid: process.pid,
      startedAt: this.#startedAt.toISOString(),
      calls: { running, waiting },
      attachments: this.#reconciler.attachments,
      residentBytes: process.memoryUsage.rss(),
    };
  }

  /** Takes no more calls; resolves when those that have begun are answered. */
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
        plugin,
        cwd,
        env: { ...env, [ENV.COMMAND]: "DEL" },
        stdin: bytes,
        hasNetns: false,
        caller: { dev: 0n, ino: 0n },
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
      operation,
      plugin,
      network,
      container,
      ifName,
      netns,
      ...failed,
      ...(call.abandoned ? { abandoned: true } : {}),
      ms: round(call.ms),
      waitedMs: round(call.waitedMs),
      phases: call.steps.map((report) => ({
        plugin: report.plugin,
        step: report.step,
        ms: round(report.ms),
      })),
    });
  }

  #leftToOthers({ containerId: container, ...facts }: CallFacts, reason: string): void {
    try {
      const { operation, plugin, network, ifName } = facts;
      this.#log.info("left", { operation, plugin, network, container, ifName, reason });
    } catch {
      // A log that cannot be written is no reason to fail.
    }
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
