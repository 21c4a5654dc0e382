import { readFileSync } from "node:fs";
import type { Caller } from "./ended.ts";

/** As long as the kernel keeps a command name (TASK_COMM_LEN), and room for what is no name. */
const NAME_MAX = 64;

/** A process that calls a plugin as that plugin, and the command name of the process that started it. */
export function callerOf(pid: number): Caller {
  try {
    // The name in parentheses may have parentheses and blanks.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [, parent = ""] = /^ \S+ (\d+) /u.exec(stat.slice(stat.lastIndexOf(")") + 1)) ?? [];
    const name = readFileSync(`/proc/${parent}/comm`, "utf8").trim().slice(0, NAME_MAX);
    return name === "" ? { pid } : { pid, runtime: name };
  } catch {
    return { pid }; // it has ended, or is in another PID namespace
  }
}
