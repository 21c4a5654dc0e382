import { defined } from "../../base/index.ts";
import type { DaemonFlags, PeriodFilter } from "../../daemon/index.ts";
import type { CliIo } from "../io.ts";
import { compileAsUsual } from "../jit.ts";
import { VERSION } from "../version.ts";

/** What `hawser daemon` may print in place of running: its status, or its history. */
export interface DaemonQuestions {
  readonly status?: boolean;
  /** All of it, or that of one address. */
  readonly history?: string | true;
  /** Of the history, what was then. */
  readonly at?: Date;
}

/** `hawser daemon`: runs until a signal ends it, or prints the status or the history. */
export async function runDaemonCommand(
  io: CliIo,
  { status = false, history, at, ...flags }: DaemonFlags & DaemonQuestions,
): Promise<number> {
  if (io.threadUrl === undefined) throw new Error("this program has no threads for a daemon");
  const runs = !status && history === undefined;
  if (runs) compileAsUsual();
  const { runDaemon, tellHistory, tellStatus } = await import("../../daemon/index.ts");
  const daemon = {
    flags,
    env: io.env,
    program: io.program,
    version: VERSION,
    threadUrl: io.threadUrl,
    stdout: (text: string) => io.stdout.write(text),
    stderr: (text: string) => io.stderr.write(text),
    signal: io.signal,
  };
  if (history !== undefined) {
    const filter: PeriodFilter = defined({ address: history === true ? undefined : history, at });
    return tellHistory(daemon, filter);
  }
  if (!status) {
    // Several successors ask one daemon to end. A second signal would cut off the calls that it finishes.
    process.on("SIGTERM", () => undefined);
  }
  const code = status ? await tellStatus(daemon) : await runDaemon(daemon);
  if (code !== 0 && io.isRoot === false) io.stderr.write("this needs root\n");
  return code;
}
