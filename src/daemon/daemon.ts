import { dirname } from "node:path";
import { errorText } from "../base/index.ts";
import { pinThreadNetns } from "../kernel/sys/index.ts";
import { readBootId, stateDirectory } from "../state/owner/index.ts";
import { keepLeases } from "./dhcp.ts";
import type { DaemonIo } from "./flags.ts";
import { Journal } from "./journal/index.ts";
import {
  adopt,
  DaemonLock,
  type Handed,
  handedSockets,
  listen,
  pathOf,
  SocketWatch,
} from "./listen/index.ts";
import { Log } from "./log.ts";
import { Node } from "./node.ts";
import { askStatus, notify, serveMetrics, serveStatus } from "./status/index.ts";

/** The environment variable that names another socket. */
const SOCKET_VARIABLE = "HAWSER_SOCKET";
const DEFAULT_SOCKET = "/run/hawser/daemon.sock";
const STATUS_SOCKET = "status.sock";

/** Runs the node daemon until the signal; gives the exit code. */
export async function runDaemon(io: DaemonIo): Promise<number> {
  const log = new Log(io.stderr);
  try {
    let handed = handedSockets(io.env, process.pid);
    while ((await run(io, handed, log)) === "lost") {
      log.warn("socket lost", { socket: socketPath(io) });
      // What systemd opened for them leads nowhere any more.
      handed = handed.dhcp === undefined ? {} : { dhcp: handed.dhcp };
    }
    return 0;
  } catch (error) {
    log.error("failed", { reason: errorText(error) });
    return 1;
  }
}

/** Asks the daemon that runs how it is and prints that; 0 when it is ready, 1 when it is not. */
export async function tellStatus(io: DaemonIo): Promise<number> {
  const path = statusPath(socketPath(io));
  const status = await askStatus(path);
  if (status === undefined) {
    io.stderr(`no daemon answers at ${path}\n`);
    return 1;
  }
  io.stdout(`${JSON.stringify(status, undefined, 2)}\n`);
  return status.ready ? 0 : 1;
}

/** Serves until the signal, or until callers cannot find the socket any more. */
async function run(io: DaemonIo, handed: Handed, log: Log): Promise<"done" | "lost"> {
  const stateDir = stateDirectory(io.env);
  using lock = DaemonLock.open(stateDir);
  const isFirst = lock.take();
  if (!isFirst && io.flags.replace !== true) {
    throw new Error(`another daemon runs, process ${lock.holder()}; --replace takes its place`);
  }
  using _pinned = pinThreadNetns();
  const journal = new Journal(stateDir, readBootId());
  journal.create();
  const path = socketPath(io);
  using listener = handed.calls === undefined ? listen(path) : adopt(handed.calls);
  const { flags, program, threadUrl } = io;
  using node = new Node({ flags, program, threadUrl, listener, journal, log });
  using _status = serveStatus(statusPath(path), node);
  using _metrics = flags.metrics === undefined ? undefined : serveMetrics(flags.metrics, node);
  log.info("listening", { socket: path, pid: process.pid });
  notify(io.env, "READY=1");
  using watch = new SocketWatch(handed.calls === undefined ? path : pathOf(handed.calls));
  const end = AbortSignal.any([io.signal, node.failed, watch.lost]);
  if (!isFirst) await relieve(lock, end);
  node.begin();
  const leases = wantsLeases(io, handed)
    ? keepLeases({
        env: io.env,
        socket: flags.dhcpSocket,
        listener: handed.dhcp,
        log,
        signal: end,
      })
    : Promise.resolve();
  await aborted(end);
  log.info("ending");
  notify(io.env, "STOPPING=1");
  await node.end();
  await leases;
  node.failed.throwIfAborted();
  return watch.lost.aborted && !io.signal.aborted ? "lost" : "done";
}

/** The other daemon finishes what it has begun; who calls from now on comes to us. */
async function relieve(lock: DaemonLock, signal: AbortSignal): Promise<void> {
  const pid = lock.holder();
  if (pid !== undefined && !lock.take()) process.kill(pid, "SIGTERM");
  await lock.wait(signal);
}

function wantsLeases({ flags }: DaemonIo, handed: Handed): boolean {
  return flags.dhcp === true || flags.dhcpSocket !== undefined || handed.dhcp !== undefined;
}

function socketPath({ flags, env }: DaemonIo): string {
  return flags.socket ?? (env[SOCKET_VARIABLE] || DEFAULT_SOCKET);
}

function statusPath(socket: string): string {
  return `${dirname(socket)}/${STATUS_SOCKET}`;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
