import { readFileSync } from "node:fs";

/** So long the processors have to have had nothing to do. */
const QUIET_S = 5;
const QUIET = 0.9;
const LIMIT_S = 120;

/**
 * Waits until the machine rests. New interfaces look for duplicates of their addresses and tell of
 * themselves to all ports of their bridge, for some ten seconds and with pauses: with a thousand ports
 * that keeps processors busy, and is not what is measured.
 */
export async function waitUntilIdle(): Promise<void> {
  let quiet = 0;
  for (let second = 0; second < LIMIT_S && quiet < QUIET_S; second++) {
    const before = times();
    await Bun.sleep(1000);
    const after = times();
    const idle = (after.idle - before.idle) / (after.all - before.all);
    quiet = idle >= QUIET ? quiet + 1 : 0;
  }
}

/** What all processors have spent, in ticks; proc_stat(5). */
function times(): { readonly idle: number; readonly all: number } {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] =
    line.split(/\s+/).slice(1).map(Number);
  const all = user + nice + system + idle + iowait + irq + softirq + steal;
  return { idle: idle + iowait, all };
}
