import { runDhcpDaemon } from "../../plugins/dhcp/index.ts";
import type { CliIo } from "../io.ts";

/** `dhcp daemon`: runs until a signal ends it. */
export async function runDhcp(io: CliIo, words: readonly string[]): Promise<number> {
  return await runDhcpDaemon({
    words,
    env: io.env,
    pid: process.pid,
    stdout: (text) => io.stdout.write(text),
    stderr: (text) => io.stderr.write(text),
    signal: io.signal,
  });
}
