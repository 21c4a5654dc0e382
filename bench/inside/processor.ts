import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds that a process has used of processors. */
export interface Processor {
  readonly main: number;
  /** Of all threads together that live. */
  readonly all: number;
}

const NANOSECONDS_IN_MS = 1e6;

/** What a process has used since its start. */
export function processorOf(pid: number): Processor {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const all = tasks.reduce((sum, task) => sum + (threadMs(pid, task) ?? 0), 0);
  return { main: threadMs(pid, String(pid)) ?? Number.NaN, all };
}

/** The time of one thread; undefined when it has ended. */
function threadMs(pid: number, task: string): number | undefined {
  try {
    const [used] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ");
    return Number(used) / NANOSECONDS_IN_MS;
  } catch {
    return undefined;
  }
}
