/** The lease daemon: holds leases and renews them. */

import { writeFileSync } from "node:fs";
import { type Env, errorText } from "../../../base/index.ts";
import { unlinkIfThere } from "../../../state/files/index.ts";
import type { DaemonReply, DaemonRequest } from "../protocol.ts";
import { leaseStore } from "../record.ts";
import { FlagError, type Flags, parseFlags, USAGE } from "./flags.ts";
import { LeaseManager } from "./lease-manager.ts";
import { watchLinks } from "./link-events.ts";
import { listen } from "./listen.ts";
import { connectionHandler } from "./server.ts";

/** Everything that the daemon takes from its process. */
export interface DaemonIo {
  /** The arguments behind `daemon`. */
  readonly words: readonly string[];
  readonly env: Env;
  readonly pid: number;
  /** A socket that listens already; otherwise systemd's, or one of its own. */
  readonly listener?: number;
  readonly stdout: (text: string) => void;
  /** Takes the log. */
  readonly stderr: (text: string) => void;
  /** Aborted when the daemon has to end. */
  readonly signal: AbortSignal;
}

const USAGE_CODE = 2;

/** Runs until the signal; gives the exit code. */
export async function runDaemon(io: DaemonIo): Promise<number> {
  let flags: Flags;
  try {
    flags = parseFlags(io.words);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    if (error.wantsHelp) io.stdout(USAGE);
    else io.stderr(`${error.message}\n${USAGE}`);
    return error.wantsHelp ? 0 : USAGE_CODE;
  }
  try {
    await serve(io, flags);
    return 0;
  } catch (error) {
    io.stderr(`dhcp daemon: ${errorText(error)}\n`);
    return 1;
  }
}

async function serve(io: DaemonIo, flags: Flags): Promise<void> {
  const log = (text: string): void => io.stderr(`dhcp: ${text}\n`);
  const leases = new LeaseManager({
    store: leaseStore(io.env, flags.hostPrefix),
    retries: {
      timeoutMs: flags.timeoutMs,
      resendMaxMs: flags.resendMaxMs,
      totalMs: flags.resendTimeoutMs,
      broadcast: flags.broadcast,
    },
    log,
  });
  const handler = connectionHandler((request, signal) =>
    perform(leases, flags.hostPrefix, request, signal),
  );
  const path = `${flags.hostPrefix}${flags.socketPath}`;
  using _watch = await watchLinks({
    gone: (index, mac) => leases.linkGone(index, mac),
    lost: () => leases.lookAtAll(),
  });
  using _socket = await listen(path, io.env, io.pid, handler, io.listener);
  using _pidFile = writePidFile(flags.pidFile, io.pid);
  // A second daemon has failed by now, before it could touch the leases of the first one.
  leases.adopt();
  log(`listening at ${path}`);
  await aborted(io.signal);
  await leases.close();
}

async function perform(
  leases: LeaseManager,
  hostPrefix: string,
  request: DaemonRequest,
  signal: AbortSignal,
): Promise<DaemonReply> {
  switch (request.call) {
    case "add": {
      const { attachment, netns, options } = request;
      const seenHere = { ...netns, path: `${hostPrefix}${netns.path}` };
      return { ok: await leases.add({ attachment, netns: seenHere, options }, signal) };
    }
    case "check":
      return { ok: leases.check(request.attachment) };
    case "del":
      await leases.del(request.attachment);
      return { ok: {} };
    case "list":
      return { ok: { attachments: leases.list(request.network) } };
    case "status":
      return { ok: {} };
  }
}

function writePidFile(path: string, pid: number): Disposable {
  if (path !== "") writeFileSync(path, String(pid), { mode: 0o644 });
  return {
    [Symbol.dispose](): void {
      if (path !== "") unlinkIfThere(path);
    },
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
