import { dirname } from "node:path";
import { defined, errorText } from "../base/index.ts";
import { pinThreadNetns } from "../kernel/sys/index.ts";
import { readBootId, stateDirectory } from "../state/owner/index.ts";
import {
  type ActivatedSockets,
  adopt,
  DaemonLock,
  listen,
  notify,
  pathOf,
  SocketWatch,
  socketsFromSystemd,
} from "./accept/index.ts";
import { Journal } from "./attachments/index.ts";
import { runLeaseDaemon } from "./dhcp.ts";
import { SOCKET_VARIABLE } from "./environment.ts";
import type { DaemonIo } from "./flags.ts";
import { Node } from "./node.ts";
import { askStatus, Log, serveMetrics, serveStatus } from "./observe/index.ts";

const DEFAULT_SOCKET = "/run/hawser/daemon.sock";
const STATUS_SOCKET = "status.sock";

/** Runs the node daemon until the signal; gives the exit code. */
export async function runDaemon(io: DaemonIo): Promise<number> {
  const log = new Log(io.stderr);
  try {
    let activated = socketsFromSystemd(io.env, process.pid);
    while ((await run(io, activated, log)) === "lost") {
      log.warn("socket lost", { socket: socketPath(io) });
      // The socket of systemd for calls has no path any more.
      activated = defined({ dhcp: activated.dhcp });
    }
    return 0;
  } catch (error) {
    log.error("failed", { reason: errorText(error) });
    return 1;
  }
}

/** Prints the status of the running daemon; 0 when it is ready, 1 when it is not. */
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

/** Serves until the signal, or until the socket is not at its path any more. */
async function run(io: DaemonIo, activated: ActivatedSockets, log: Log): Promise<"done" | "lost"> {
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
  using listener = activated.calls === undefined ? listen(path) : adopt(activated.calls);
  const { flags, program, threadUrl } = io;
  using node = new Node({ flags, program, threadUrl, listener, journal, log });
  using _status = serveStatus(statusPath(path), node);
  using _metrics = flags.metrics === undefined ? undefined : serveMetrics(flags.metrics, node);
  log.info("listening", { socket: path, pid: process.pid });
  notify(io.env, "READY=1");
  using watch = new SocketWatch(activated.calls === undefined ? path : pathOf(activated.calls));
  const end = AbortSignal.any([io.signal, node.failed, watch.lost]);
  if (!isFirst) await takeOver(lock, end);
  node.begin();
  const leases = wantsLeases(io, activated)
    ? runLeaseDaemon({
        env: io.env,
        socket: flags.dhcpSocket,
        listener: activated.dhcp,
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

/** Ends the other daemon, which finishes its calls; new callers already find this one's socket. */
async function takeOver(lock: DaemonLock, signal: AbortSignal): Promise<void> {
  const pid = lock.holder();
  if (pid !== undefined && !lock.take()) process.kill(pid, "SIGTERM");
  await lock.wait(signal);
}

function wantsLeases({ flags }: DaemonIo, activated: ActivatedSockets): boolean {
  return flags.dhcp === true || flags.dhcpSocket !== undefined || activated.dhcp !== undefined;
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
