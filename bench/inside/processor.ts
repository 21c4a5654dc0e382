import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds on a processor that each thread of a process has had, by number. */
export type ThreadTimes = ReadonlyMap<string, number>;

/** Milliseconds that a process has spent on processors. */
export interface Processor {
  readonly main: number;
  readonly all: number;
}

const NANOSECONDS_IN_MS = 1e6;

/** What the threads of a process have had since they began. */
export function threadTimes(pid: number): ThreadTimes {
  const times = new Map<string, number>();
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const ms = threadMs(pid, task);
    if (ms !== undefined) times.set(task, ms);
  }
  return times;
}

/** What a process has spent between two looks; a thread that has ended meanwhile does not count. */
export function spent(pid: number, before: ThreadTimes, after: ThreadTimes): Processor {
  let all = 0;
  for (const [task, ms] of after) all += ms - (before.get(task) ?? 0);
  const main = String(pid);
  return { main: (after.get(main) ?? Number.NaN) - (before.get(main) ?? 0), all };
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
