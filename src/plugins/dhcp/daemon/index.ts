/** The long-running part: keeps leases and renews them. */

import { unlinkSync, writeFileSync } from "node:fs";
import { errorText } from "../../../base/index.ts";
import type { DaemonReply, DaemonRequest } from "../protocol.ts";
import { leaseStore } from "../record.ts";
import { LeaseBook } from "./book.ts";
import { FlagError, type Flags, parseFlags, USAGE } from "./flags.ts";
import { listen } from "./listen.ts";
import { connectionHandler } from "./server.ts";
import { watchLinks } from "./watch.ts";

/** What the daemon is started with. */
export interface DaemonIo {
  /** The words of the command line behind `daemon`. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** A socket that listens already; otherwise systemd's, or one of its own. */
  readonly listener?: number;
  readonly stdout: (text: string) => void;
  /** Takes the log. */
  readonly stderr: (text: string) => void;
  /** Aborted when it shall end. */
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
  const book = new LeaseBook({
    store: leaseStore(io.env, flags.hostPrefix),
    patience: {
      timeoutMs: flags.timeoutMs,
      resendMaxMs: flags.resendMaxMs,
      totalMs: flags.resendTimeoutMs,
      broadcast: flags.broadcast,
    },
    log,
  });
  const handler = connectionHandler((request, signal) =>
    perform(book, flags.hostPrefix, request, signal),
  );
  const path = `${flags.hostPrefix}${flags.socketPath}`;
  using _watch = await watchLinks({
    gone: (index, mac) => book.linkGone(index, mac),
    lost: () => book.lookAtAll(),
  });
  using _socket = await listen(path, io.env, io.pid, handler, io.listener);
  using _pidFile = writePidFile(flags.pidFile, io.pid);
  // Only now: a second daemon has failed above, before it touched the first one's leases.
  book.adopt();
  log(`listening at ${path}`);
  await aborted(io.signal);
  await book.close();
}

async function perform(
  book: LeaseBook,
  hostPrefix: string,
  request: DaemonRequest,
  signal: AbortSignal,
): Promise<DaemonReply> {
  switch (request.call) {
    case "add": {
      const { attachment, netns, options } = request;
      const place = { ...netns, path: `${hostPrefix}${netns.path}` };
      return { ok: await book.add({ attachment, place, options }, signal) };
    }
    case "check":
      return { ok: book.check(request.attachment) };
    case "del":
      await book.del(request.attachment);
      return { ok: {} };
    case "list":
      return { ok: { attachments: book.list(request.network) } };
    case "status":
      return { ok: {} };
  }
}

function writePidFile(path: string, pid: number): Disposable {
  if (path !== "") writeFileSync(path, String(pid), { mode: 0o644 });
  return {
    [Symbol.dispose](): void {
      if (path === "") return;
      try {
        unlinkSync(path);
      } catch {
        // Somebody was faster.
      }
    },
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
