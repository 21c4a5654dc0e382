import { readFileSync } from "node:fs";
import { activatedSockets, execute } from "../../kernel/sys/index.ts";

/**
 * What a process that waits for most of its life asks of Bun, which reads it once, at its start:
 * no collection of garbage every second, and code that was compiled stays compiled, though nobody
 * has called for a while. Without it the first call after a minute's silence takes three times as long.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  BUN_GC_TIMER_DISABLE: "1",
  BUN_JSC_forceCodeBlockLiveness: "1",
};

/**
 * Has this process begin anew with the settings in its environment, unless they are there. Number,
 * parent, sockets and words stay the same. What is set already is left as somebody wants it; where
 * the program cannot be executed again, the daemon runs as it is.
 */
export function beginTuned(env: Readonly<Record<string, string | undefined>>): void {
  if (Object.keys(SETTINGS).every((name) => env[name] !== undefined)) return;
  try {
    const words = readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(0, -1);
    const files = activatedSockets(env, process.pid).map(({ fd }) => fd);
    execute(process.execPath, { words, env: { ...SETTINGS, ...env }, files });
  } catch {
    // Slower after a silence, and otherwise the same.
  }
}
