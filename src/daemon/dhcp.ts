import { existsSync } from "node:fs";
import { DHCP_SOCKET, runDhcpDaemon } from "../plugins/dhcp/index.ts";
import { pathOf, SocketWatch } from "./listen/index.ts";
import type { Log } from "./log.ts";

export interface LeaseKeeperOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where it listens; undefined for the plugin's default. */
  readonly socket: string | undefined;
  /** A socket that listens already. */
  readonly listener: number | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** After a failure it is tried again this much later, in milliseconds. */
const RETRY_MS = 5000;

/** Keeps DHCP leases until the signal; what goes wrong is no matter of other plugins. */
export async function keepLeases(options: LeaseKeeperOptions): Promise<void> {
  const { env, socket, listener, log, signal } = options;
  const path = listener === undefined ? (socket ?? DHCP_SOCKET) : pathOf(listener);
  while (!signal.aborted) {
    using watch = new SocketWatch(path);
    // What was handed over is of no use when nobody finds it: then there is one of our own.
    const isFound = listener !== undefined && existsSync(path);
    await runDhcpDaemon({
      words: ["-socketpath", path],
      // What systemd hands over was sorted already.
      env: { ...env, LISTEN_FDS: undefined },
      pid: process.pid,
      ...(isFound ? { listener } : {}),
      stdout: (text) => log.info("dhcp", { text: text.trim() }),
      stderr: (text) => log.info("dhcp", { text: text.trim() }),
      signal: AbortSignal.any([signal, watch.lost]),
    });
    if (watch.lost.aborted) log.warn("socket lost", { socket: path });
    else await pause(RETRY_MS, signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
