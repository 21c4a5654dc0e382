import { runDhcpDaemon } from "../plugins/dhcp/index.ts";
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
  while (!signal.aborted) {
    await runDhcpDaemon({
      words: socket === undefined ? [] : ["-socketpath", socket],
      // What systemd hands over was sorted already.
      env: { ...env, LISTEN_FDS: undefined },
      pid: process.pid,
      ...(listener === undefined ? {} : { listener }),
      stdout: (text) => log.info("dhcp", { text: text.trim() }),
      stderr: (text) => log.info("dhcp", { text: text.trim() }),
      signal,
    });
    await pause(RETRY_MS, signal);
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
