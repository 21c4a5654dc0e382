import { stateDirectory } from "../steps/owner/index.ts";
import type { EndedCall } from "./calls/index.ts";
import type { DaemonIo } from "./flags.ts";
import { adopt, DaemonLock, handedSockets, type Listener, listen } from "./listen/index.ts";
import { Log } from "./log.ts";
import { Server } from "./server.ts";

/** The environment variable that names another socket. */
export const SOCKET_VARIABLE = "HAWSER_SOCKET";
const DEFAULT_SOCKET = "/run/hawser/daemon.sock";

/** Runs the node daemon until the signal; gives the exit code. */
export async function runDaemon(io: DaemonIo): Promise<number> {
  const log = new Log(io.stderr);
  try {
    return await run(io, log);
  } catch (error) {
    log.error("failed", { reason: error instanceof Error ? error.message : String(error) });
    return 1;
  }
}

async function run(io: DaemonIo, log: Log): Promise<number> {
  const failure = new AbortController();
  const end = AbortSignal.any([io.signal, failure.signal]);
  using lock = DaemonLock.open(stateDirectory(io.env));
  const isFirst = lock.take();
  if (!isFirst && io.flags.replace !== true) {
    throw new Error(`another daemon runs, process ${lock.holder()}; --replace takes its place`);
  }
  const path = io.flags.socket ?? (io.env[SOCKET_VARIABLE] || DEFAULT_SOCKET);
  const handed = handedSockets(io.env, process.pid);
  using listener: Listener = handed.calls === undefined ? listen(path) : adopt(handed.calls);
  using server = new Server({
    listener,
    threadUrl: io.threadUrl,
    program: io.program,
    ended: (call) => log.info("call", callFacts(call)),
    failed: (reason) => failure.abort(new Error(reason)),
  });
  log.info("listening", { socket: path, pid: process.pid });
  if (!isFirst) await relieve(lock, end);
  await aborted(end);
  log.info("ending");
  await server.end();
  failure.signal.throwIfAborted();
  return 0;
}

/** The other daemon finishes what it has begun; who calls from now on comes to us. */
async function relieve(lock: DaemonLock, signal: AbortSignal): Promise<void> {
  const pid = lock.holder();
  if (pid !== undefined && !lock.take()) process.kill(pid, "SIGTERM");
  await lock.wait(signal);
}

function callFacts(call: EndedCall): Record<string, unknown> {
  return {
    operation: call.operation,
    plugin: call.plugin,
    network: call.network,
    container: call.containerId,
    ifName: call.ifName,
    exitCode: call.exitCode,
    ms: round(call.ms),
    waitedMs: round(call.waitedMs),
    phases: call.steps.map(({ plugin, step, ms }) => ({ plugin, step, ms: round(ms) })),
  };
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
