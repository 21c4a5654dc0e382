import type { Api } from "../api/index.ts";
import { confDirOf, defined, type Env, errorText } from "../base/index.ts";
import type { Journal, JournalEntry } from "../journal/index.ts";
import { ENV, JsonDocument, type JsonObject } from "../spec/index.ts";
import type { Listener } from "./accept/index.ts";
import { addressesIn, configOf, Reconciler } from "./attachments/index.ts";
import {
  type CallFacts,
  type CallSpans,
  type EndedCall,
  readStdin,
  recordDaemonCalls,
} from "./calls/index.ts";
import type { DaemonFlags } from "./flags.ts";
import { FleetGate } from "./fleet/index.ts";
import {
  failureOf,
  type Log,
  Metrics,
  Pools,
  Readiness,
  type StatusSource,
} from "./observe/index.ts";
import { Server } from "./server.ts";
import { Upkeep } from "./sync/index.ts";

export interface NodeOptions {
  readonly flags: DaemonFlags;
  readonly env: Env;
  readonly program: string;
  readonly version: string;
  readonly threadUrl: string;
  readonly listener: Listener;
  /** Where it listens. */
  readonly socket: string;
  readonly journal: Journal;
  readonly spans: CallSpans;
  readonly log: Log;
}

const INTERVAL_MS = 60_000;
const GRACE_MS = 60_000;
/** So long a removal may wait for its turn, and work; the next look tries again. */
const REMOVAL_MS = 30_000;

/** Joins the parts of the daemon: the server of calls, the reconciler, metrics and log. */
export class Node implements StatusSource, Disposable {
  readonly #log: Log;
  readonly #server: Server;
  readonly #reconciler: Reconciler;
  readonly #journal: Journal;
  readonly #metrics: Metrics;
  readonly #pools = new Pools();
  readonly #upkeep: Upkeep;
  readonly #fleet: FleetGate;
  readonly #readiness: Readiness;
  readonly #failure = new AbortController();
  readonly #env: Env;
  readonly #socket: string;
  readonly #dhcpSocket: string | undefined;
  /** Loaded when something asks for the first time. */
  #api: Promise<Api> | undefined;
  readonly #version: string;
  readonly #startedAt = new Date();
  #isEnding = false;

  constructor(options: NodeOptions) {
    const { flags, env, program, version, threadUrl, listener, journal, spans, log } = options;
    const { socket } = options;
    this.#log = log;
    this.#env = env;
    this.#socket = socket;
    this.#dhcpSocket = flags.dhcpSocket;
    this.#journal = journal;
    this.#version = version;
    this.#fleet = new FleetGate({ env, version, log });
    this.#readiness = new Readiness({
      ready: () => this.ready(),
      isUnsteady: () => this.#fleet.isThere,
    });
    this.#server = new Server({
      listener,
      threadUrl,
      program,
      spans,
      journal: recordDaemonCalls(journal, (note) => log.warn("journal", { ...note })),
      ended: (call) => this.#ended(call),
      leftToOthers: (facts, reason) => this.#leftToOthers(facts, reason),
      failed: (reason) => this.#failure.abort(new Error(reason)),
    });
    this.#reconciler = new Reconciler({
      journal,
      removes: flags.reconcile !== false,
      intervalMs: flags.reconcileInterval ?? INTERVAL_MS,
      graceMs: flags.reconcileGrace ?? GRACE_MS,
      del: (entry, isWanted) => this.#delete(entry, isWanted),
      onReconciled: (entry, plugins, done) => this.#reconciled(entry, plugins, done),
      onFound: ({ stdin }) => this.#pools.hear(configOf(JsonDocument.ofText(stdin))),
      onPass: () => {
        this.#hear();
        this.#fleet.look();
        this.#readiness.look();
      },
      onFailed: (error) => log.warn("reconcile", { reason: errorText(error) }),
    });
    const server = this.#server;
    this.#upkeep = new Upkeep({
      ...{ flags, env, program, log },
      perform: async (call) => await server.perform(call),
      looked: (trigger) => this.#metrics.looked(trigger),
      synced: (...piece) => this.#metrics.synced(...piece),
    });
    this.#metrics = new Metrics(version, {
      running: () => server.scheduler.running,
      waiting: () => server.scheduler.waiting,
      placesTaken: () => server.counts.taken,
      connections: () => server.counts.waiting,
      refused: () => server.counts.refused,
      dropped: () => server.counts.dropped,
      deletedLinks: () => server.deleter.links,
      deleteRequests: () => server.deleter.batches,
      attachments: () => journal.names().length,
      ready: () => this.ready(),
    });
  }

  /** Aborted when the daemon cannot go on. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /** Begins to look at attachments; calls are served already. */
  begin(): void {
    this.#reconciler.begin();
    this.#upkeep.begin();
  }

  async sync(): Promise<Readonly<Record<string, unknown>>> {
    return await this.#upkeep.sync();
  }

  ready(): boolean {
    return !this.#isEnding && !this.failed.aborted && this.#fleet.unready === undefined;
  }

  followReady(): Response {
    return this.#readiness.follow();
  }

  async api(request: Request): Promise<Response> {
    this.#api ??= this.#openApi();
    try {
      return await (await this.#api).respond(request);
    } finally {
      this.#server.worked();
    }
  }

  async metrics(): Promise<string> {
    this.#metrics.pools = await this.#pools.fills();
    return `${this.#metrics.render()}${this.#fleet.metrics()}`;
  }

  async status(): Promise<Readonly<Record<string, unknown>>> {
    const { running, waiting } = this.#server.scheduler;
    return {
      pid: process.pid,
      version: this.#version,
      startedAt: this.#startedAt.toISOString(),
      calls: { running, waiting },
      attachments: this.#journal.names().length,
      residentBytes: process.memoryUsage.rss(),
      ...defined({ fleet: this.#fleet.status() }),
      pools: (await this.#pools.fills()).map(({ network, ranges, ...fill }) => {
        const [addresses, reserved] = [Number(fill.capacity), Number(fill.reserved)];
        return { network, ranges, addresses, reserved, excluded: Number(fill.excluded) };
      }),
    };
  }

  /** Takes no more calls; resolves when those that have begun are answered. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#readiness.look();
    await this.#upkeep.end();
    await this.#fleet.end();
    await Promise.all([this.#reconciler.end(), this.#server.end()]);
  }

  [Symbol.dispose](): void {
    void this.#api?.then((api) => api[Symbol.dispose]());
    this.#readiness[Symbol.dispose]();
    this.#upkeep[Symbol.dispose]();
    this.#reconciler[Symbol.dispose]();
    this.#server[Symbol.dispose]();
  }

  async #openApi(): Promise<Api> {
    const [{ Api }, { placesOf }, { DHCP_SOCKET }] = await Promise.all([
      import("../api/index.ts"),
      import("../view/sources/index.ts"),
      import("../plugins/dhcp/index.ts"),
    ]);
    const { pluginDirs, runtime } = this.#upkeep;
    return new Api({
      ...{ env: this.#env, version: this.#version, by: "daemon", isRoot: true, pluginDirs },
      places: placesOf(this.#env, { confDir: confDirOf(this.#env) }),
      daemon: {
        now: async () => (this.ready() ? "ready" : "not ready"),
        follow: (changed) => this.#readiness.watch(changed),
      },
      runtime: () => runtime,
      sockets: { daemon: this.#socket, dhcp: this.#dhcpSocket ?? DHCP_SOCKET },
    });
  }

  async #delete(entry: JournalEntry, isWanted: () => boolean): Promise<boolean> {
    const { plugin, cwd, env, stdin } = entry;
    const bytes = new TextEncoder().encode(stdin);
    let isDone = true;
    const outcome = await this.#server.perform({
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
      signal: AbortSignal.timeout(REMOVAL_MS),
      isWanted,
    });
    return isDone && outcome === "done";
  }

  #ended(call: EndedCall): void {
    if (this.#upkeep.isOwn(call.stdin)) return;
    this.#metrics.ended(call);
    if (call.facts.network !== "") this.#heard(configOf(call.stdin.document()));
    const { operation, plugin, network, containerId: container, ifName, netns } = call.facts;
    const failure = call.exitCode === 0 ? undefined : failureOf(call.stdout);
    const addresses = operation === "ADD" && !failure ? this.#attached(call) : undefined;
    this.#log[failure === undefined ? "info" : "error"]("call", {
      operation,
      plugin,
      network,
      container,
      ifName,
      netns,
      ...failure,
      ...defined({ addresses, stack: call.stack }),
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

  #heard(config: JsonObject | undefined): void {
    this.#pools.hear(config);
    this.#fleet.hear(config);
  }

  #leftToOthers(facts: CallFacts, reason: string): void {
    this.#metrics.left(facts);
    try {
      const { operation, plugin, network, containerId: container, ifName } = facts;
      this.#log.info("left", { operation, plugin, network, container, ifName, reason });
    } catch {
      // A log that cannot be written is no reason to fail.
    }
  }

  /** Notes an ADD that has succeeded, and gives its addresses. */
  #attached({ facts, stdout }: EndedCall): readonly string[] {
    const addresses = addressesIn(stdout);
    try {
      this.#journal.attached(facts, facts.plugin, addresses);
    } catch (error) {
      const { network, containerId: container } = facts;
      this.#log.warn("journal", { what: "add", container, network, reason: errorText(error) });
    }
    return addresses;
  }

  /** Reports what other programs have attached and detached. */
  #hear(): void {
    for (const {
      event,
      network,
      containerId: container,
      ...facts
    } of this.#journal.history.news()) {
      const { ifName, netns, addresses, by, time: at } = facts;
      this.#log.info(event, { network, container, ifName, netns, addresses, by, at });
      this.#metrics.withoutDaemon(event, by);
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
