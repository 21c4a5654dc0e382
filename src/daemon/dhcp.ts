import { existsSync } from "node:fs";
import type { Env } from "../base/index.ts";
import { DHCP_SOCKET, runDhcpDaemon } from "../plugins/dhcp/index.ts";
import { PathWatch, pathOf } from "./accept/index.ts";
import type { Log } from "./observe/index.ts";

export interface LeaseDaemonOptions {
  readonly env: Env;
  /** Path of the socket; undefined for the plugin's default. */
  readonly socket: string | undefined;
  /** Descriptor of a socket that listens already. */
  readonly listener: number | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Pause after a failure, in milliseconds. */
const RETRY_MS = 5000;

/** Runs the DHCP lease daemon until the signal, again after each failure. */
export async function runLeaseDaemon(options: LeaseDaemonOptions): Promise<void> {
  const { env, socket, listener, log, signal } = options;
  const path = listener === undefined ? (socket ?? DHCP_SOCKET) : pathOf(listener);
  while (!signal.aborted) {
    using watch = new PathWatch(path);
    // An inherited socket without a path cannot be found by plugins, so that a new one takes its path.
    const isFound = listener !== undefined && existsSync(path);
    await runDhcpDaemon({
      words: ["-socketpath", path],
      // The sockets of systemd have been assigned already.
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
