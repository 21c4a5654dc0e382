import { defined } from "../../base/index.ts";
import { objectOf } from "../../journal/index.ts";
import { isOperation } from "../../spec/index.ts";
import type { PoolFill } from "../../view/pools/index.ts";
import type { CallFacts, EndedCall } from "../calls/index.ts";
import { Registry } from "./registry.ts";

/** Values that the other parts of the daemon count. */
export interface Sources {
  readonly running: () => number;
  readonly waiting: () => number;
  readonly placesTaken: () => number;
  readonly connections: () => number;
  readonly refused: () => number;
  readonly dropped: () => number;
  readonly deletedLinks: () => number;
  readonly deleteRequests: () => number;
  readonly attachments: () => number;
  readonly ready: () => boolean;
}

/** The metrics of the daemon; docs/daemon.md lists the names. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #calls = this.#registry.counter(
    "hawser_calls_total",
    "Calls that ended, by plugin, operation and error code (0: none).",
    ["plugin", "operation", "code"],
  );
  readonly #abandoned = this.#registry.counter(
    "hawser_calls_abandoned_total",
    "Calls whose caller was gone when they ended.",
    ["plugin", "operation"],
  );
  readonly #left = this.#registry.counter(
    "hawser_calls_left_total",
    "Calls that were left to the caller's own process.",
    ["plugin", "operation"],
  );
  readonly #seconds = this.#registry.histogram(
    "hawser_call_seconds",
    "Time of work of a call, without waiting.",
    ["plugin", "operation"],
  );
  readonly #waited = this.#registry.histogram(
    "hawser_call_wait_seconds",
    "Time from a call's beginning until its turn.",
    [],
  );
  readonly #phases = this.#registry.histogram(
    "hawser_phase_seconds",
    "Time of each step of a plugin.",
    ["plugin", "operation", "phase"],
  );
  readonly #reconciled = this.#registry.counter(
    "hawser_reconciled_total",
    "Attachments that were removed because their namespace is gone, by result.",
    ["result"],
  );

  readonly #syncs = this.#registry.counter(
    "hawser_sync_looks_total",
    "Looks at all attachments, or at those that failed before, by what led to them.",
    ["trigger"],
  );
  readonly #synced = this.#registry.counter(
    "hawser_sync_pieces_total",
    "Pieces of attachments that were missed, by plugin, piece and whether they were put back.",
    ["plugin", "piece", "result"],
  );

  readonly #withoutDaemon = this.#registry.counter(
    "hawser_attachments_without_daemon_total",
    "Attachments that other programs of Hawser made or removed, by event and program.",
    ["event", "by"],
  );

  /** To be set before each rendering. */
  pools: readonly PoolFill[] = [];

  constructor(version: string, sources: Sources) {
    const registry = this.#registry;
    const gauge = (name: string, help: string, read: () => number): void =>
      registry.gauge(`hawser_${name}`, help, read);
    const counter = (name: string, help: string, read: () => number): void =>
      registry.gauge(`hawser_${name}`, help, read, "counter");
    registry.info("hawser_build_info", "The version of the daemon.", { version });
    gauge("ready", "1 when calls are served.", () => (sources.ready() ? 1 : 0));
    gauge("calls_running", "Calls that are worked on.", sources.running);
    gauge("calls_waiting", "Calls that wait for their turn.", sources.waiting);
    gauge("places_taken", "Calls that have begun and have no answer.", sources.placesTaken);
    gauge("connections_waiting", "Connections whose call has not begun.", sources.connections);
    counter("calls_refused_total", "Calls that found no free place.", sources.refused);
    counter("connections_dropped_total", "Connections that sent no call in time.", sources.dropped);
    counter("links_deleted_total", "Links that were deleted.", sources.deletedLinks);
    counter("link_deletions_total", "Requests that deleted them.", sources.deleteRequests);
    gauge("attachments", "Attachments in the journal.", sources.attachments);
    const pool = (name: string, help: string, read: (fill: PoolFill) => bigint): void =>
      registry.gauges(`hawser_pool_${name}`, help, ["network", "ranges"], () =>
        this.pools.map((fill) => [Number(read(fill)), fill.network, fill.ranges]),
      );
    pool("addresses", "Addresses of a range set that host-local hands out.", (at) => at.capacity);
    pool("reserved", "Addresses of them that have a reservation.", (at) => at.reserved);
    pool("excluded", "Addresses of the ranges that are kept out.", (at) => at.excluded);
    registry.gauge("process_resident_memory_bytes", "Memory of the process.", () =>
      process.memoryUsage.rss(),
    );
    registry.gauge(
      "process_cpu_seconds_total",
      "CPU time of the process.",
      () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
      "counter",
    );
  }

  ended({ facts, exitCode, stdout, steps, ms, waitedMs, abandoned }: EndedCall): void {
    const { plugin } = facts;
    const operation = isOperation(facts.operation) ? facts.operation : "other";
    this.#calls.add(plugin, operation, String(exitCode === 0 ? 0 : failureOf(stdout).code));
    if (abandoned) this.#abandoned.add(plugin, operation);
    this.#seconds.observe(ms / 1000, plugin, operation);
    this.#waited.observe(waitedMs / 1000);
    for (const { plugin: by, step, ms: time } of steps) {
      this.#phases.observe(time / 1000, by, operation, step);
    }
  }

  left({ plugin, operation }: CallFacts): void {
    this.#left.add(plugin, isOperation(operation) ? operation : "other");
  }

  reconciled(done: boolean): void {
    this.#reconciled.add(done ? "removed" : "failed");
  }

  looked(trigger: string): void {
    this.#syncs.add(trigger);
  }

  /** @param result "restored" or "left" */
  synced(plugin: string, piece: string, result: string): void {
    this.#synced.add(plugin, piece, result);
  }

  withoutDaemon(event: string, by: string): void {
    this.#withoutDaemon.add(event, by);
  }

  render(): string {
    return this.#registry.render();
  }
}

/** What a call that failed has printed, as far as it has the shape of an error. */
export interface CallFailure {
  readonly code: number;
  readonly msg?: string;
  readonly details?: string;
  /** What was printed in place of an error. */
  readonly answer?: string;
}

const ANSWER_MAX = 4096;

export function failureOf(stdout: string): CallFailure {
  const printed = objectOf(stdout);
  const { code, msg, details } = printed ?? {};
  if (typeof code !== "number") return { code: 999, answer: stdout.slice(0, ANSWER_MAX) };
  const text = (value: unknown): string | undefined =>
    typeof value === "string" && value !== "" ? value.slice(0, ANSWER_MAX) : undefined;
  return { code, ...defined({ msg: text(msg), details: text(details) }) };
}
