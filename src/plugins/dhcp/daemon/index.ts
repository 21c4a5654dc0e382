/** The lease daemon: holds leases and renews them. */

import { writeFileSync } from "node:fs";
import { type Env, errorText } from "../../../base/index.ts";
import { unlinkIfThere } from "../../../state/files/index.ts";
import { untilAborted } from "../../../state/index.ts";
import { leaseStore } from "../lease-record.ts";
import type { LeaseFamily, WithOptions } from "./family.ts";
import { FlagError, type Flags, parseFlags, USAGE } from "./flags.ts";
import { ipv4 } from "./ipv4.ts";
import { ipv6 } from "./ipv6.ts";
import { LeaseManager } from "./lease-manager.ts";
import { Leases } from "./leases.ts";
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
  const managerOf = <R extends WithOptions<Options>, Options>(
    family: LeaseFamily<R, Options>,
  ): LeaseManager<R, Options> =>
    new LeaseManager({
      family,
      store: leaseStore(family, io, flags.hostPrefix),
      retries: {
        timeoutMs: flags.timeoutMs,
        resendMaxMs: flags.resendMaxMs,
        totalMs: flags.resendTimeoutMs,
        broadcast: flags.broadcast,
      },
      log,
    });
  const leases = new Leases(managerOf(ipv4), managerOf(ipv6), flags.hostPrefix);
  const handler = connectionHandler((request, signal) => leases.perform(request, signal));
  const path = `${flags.hostPrefix}${flags.socketPath}`;
  using _watch = await watchLinks({
    gone: (index, mac) => leases.linkGone(index, mac),
    lost: () => leases.lookAtAll(),
  });
  using _socket = listen(path, io.env, io.pid, handler, io.listener);
  using _pidFile = writePidFile(flags.pidFile, io.pid);
  // A second daemon has failed by now, before it could touch the leases of the first one.
  leases.adopt();
  log(`listening at ${path}`);
  await untilAborted(io.signal);
  await leases.close();
}

function writePidFile(path: string, pid: number): Disposable {
  if (path !== "") writeFileSync(path, String(pid), { mode: 0o644 });
  return {
    [Symbol.dispose](): void {
      if (path !== "") unlinkIfThere(path);
    },
  };
}
