import { dirname } from "node:path";
import { defined, errorText } from "../base/index.ts";
import { Journal, type PeriodFilter, readPeriods } from "../journal/index.ts";
import { pinThreadNetns } from "../kernel/sys/index.ts";
import { untilAborted } from "../state/index.ts";
import { readBootId, stateDirectory } from "../state/owner/index.ts";
import {
  type ActivatedSockets,
  adopt,
  DaemonLock,
  listen,
  notify,
  PathWatch,
  pathOf,
  socketsFromSystemd,
} from "./accept/index.ts";
import { callSpans } from "./calls/index.ts";
import { runLeaseDaemon } from "./dhcp.ts";
import { SOCKET_VARIABLE } from "./environment.ts";
import type { DaemonIo } from "./flags.ts";
import { Node } from "./node.ts";
import { askStatus, Log, MetricsPort, parseEndpoint, StatusSocket } from "./observe/index.ts";
import { spanTakers } from "./span-takers.ts";

const DEFAULT_SOCKET = "/run/hawser/daemon.sock";
const STATUS_SOCKET = "status.sock";

/** Runs the node daemon until the signal; gives the exit code. */
export async function runDaemon(io: DaemonIo): Promise<number> {
  const log = new Log(io.stderr);
  try {
    let start: Start = { io, log, activated: socketsFromSystemd(io.env, process.pid) };
    for (let end = await run(start); end !== "done"; end = await run(start)) {
      // Another daemon may run by now, and stays. A socket of systemd that is lost has no path any more.
      const activated = end === "lock lost" ? start.activated : withoutCalls(start.activated);
      start = { ...start, io: { ...io, flags: { ...io.flags, replace: false } }, activated };
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

/** Prints when which attachment had which addresses, the oldest first; no daemon need run. */
export function tellHistory(io: DaemonIo, filter: PeriodFilter): number {
  const journal = new Journal(stateDirectory(io.env), readBootId());
  io.stdout(`${JSON.stringify(readPeriods(journal, filter), undefined, 2)}\n`);
  return 0;
}

interface Start {
  readonly io: DaemonIo;
  readonly log: Log;
  readonly activated: ActivatedSockets;
}

/** Serves until the signal, or until the socket or the lock is not at its path any more. */
async function run({ io, log, activated }: Start): Promise<"done" | "socket lost" | "lock lost"> {
  const { flags, program, version, threadUrl } = io;
  const endpoint = flags.metrics === undefined ? undefined : parseEndpoint(flags.metrics);
  const stateDir = stateDirectory(io.env);
  using lock = DaemonLock.open(stateDir, (pid) => log.info("replacing", { pid }));
  const isAlone = lock.takeAlone();
  if (!isAlone && flags.replace !== true) {
    throw new Error(`another daemon runs, ${holderText(lock)}; --replace takes its place`);
  }
  if (!isAlone && !(await lock.queue(io.signal))) return "done";
  using _pinned = pinThreadNetns();
  const journal = new Journal(stateDir, readBootId(), "daemon");
  journal.create();
  const path = socketPath(io);
  using listener = activated.calls === undefined ? listen(path) : adopt(activated.calls);
  const keeper = await spanTakers(io.env, stateDir, version, log);
  using node = new Node({
    ...{ flags, env: io.env, program, version, threadUrl, listener, socket: path, journal, log },
    spans: callSpans(keeper),
  });
  using _status = new StatusSocket(statusPath(path), node, log);
  using metrics = endpoint === undefined ? undefined : new MetricsPort(endpoint, node);
  if (isAlone) metrics?.open();
  log.info("listening", { socket: path, pid: process.pid });
  notify(io.env, "READY=1");
  using socketWatch = new PathWatch(activated.calls === undefined ? path : pathOf(activated.calls));
  using lockWatch = new PathWatch(lock.path, () => lock.isInPlace());
  const end = AbortSignal.any([io.signal, node.failed, socketWatch.lost, lockWatch.lost]);
  // The other daemon finishes its calls; new callers already find this one's socket.
  if (!isAlone) await lock.succeed(end);
  metrics?.openWhenFree((error) => log.warn("no metrics", { reason: errorText(error) }));
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
  await untilAborted(end);
  log.info("ending");
  notify(io.env, "STOPPING=1");
  await node.end();
  await keeper.flush();
  await leases;
  node.failed.throwIfAborted();
  if (io.signal.aborted) return "done";
  const what = socketWatch.lost.aborted ? "socket lost" : "lock lost";
  log.warn(what, what === "socket lost" ? { socket: path } : { lock: lock.path });
  return what;
}

function holderText({ holder }: DaemonLock): string {
  return holder === undefined ? "or has just ended" : `process ${holder}`;
}

function withoutCalls({ dhcp }: ActivatedSockets): ActivatedSockets {
  return defined({ dhcp });
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
