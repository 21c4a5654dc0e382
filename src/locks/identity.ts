import { readFileSync, readlinkSync } from "node:fs";

/**
 * What tells one process from all others that ever were on this machine. Fields are lower-case
 * letters and digits only, so that they can stand in a file's name.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start of the process in the kernel's ticks since boot; "0" where there is no /proc. */
  readonly start: string;
  /** The pid namespace in which `pid` counts; "n" where there are none, "u…" when untold. */
  readonly namespace: string;
  /** The boot of the machine; "0" when it is unknown. */
  readonly boot: string;
}

/** Whether a process lives: `unknown` when it cannot be seen from here. */
export type Liveness = "alive" | "dead" | "unknown";

/** Where identities are read; the root of a proc file system. */
export const PROC = "/proc";

/** The machine's present boot, "" where the kernel does not tell. */
export function bootId(proc: string = PROC): string {
  try {
    return readFileSync(`${proc}/sys/kernel/random/boot_id`, "utf8").trim();
  } catch {
    return "";
  }
}

/** Identity of this process; `token` makes it unique when its pid namespace is unknown. */
export function ownIdentity(token: string, proc: string = PROC): ProcessIdentity {
  const boot = bootId(proc).replaceAll("-", "").slice(0, 12) || "0";
  if (process.platform !== "linux") return { pid: process.pid, start: "0", namespace: "n", boot };
  try {
    // A /proc of another pid namespace would call this process by another number.
    if (readlinkSync(`${proc}/self`) !== String(process.pid)) throw new Error("foreign /proc");
    const namespace = /\[(\d+)\]/.exec(readlinkSync(`${proc}/self/ns/pid`))?.[1];
    const start = startTime(process.pid, proc);
    if (namespace === undefined || start === undefined) throw new Error("no /proc");
    return { pid: process.pid, start, namespace, boot };
  } catch {
    return { pid: process.pid, start: "0", namespace: `u${token}`, boot };
  }
}

/** Whether `other` still lives, as seen by `own`. */
export function livenessOf(
  other: ProcessIdentity,
  own: ProcessIdentity,
  proc: string = PROC,
): Liveness {
  if (other.boot !== own.boot) return other.boot === "0" || own.boot === "0" ? "unknown" : "dead";
  if (other.pid === own.pid && other.start === own.start && other.namespace === own.namespace) {
    return "alive";
  }
  if (other.namespace !== own.namespace || other.namespace.startsWith("u")) return "unknown";
  // Without start times a live process may be a later one with the same number.
  if (other.namespace === "n") return exists(other.pid) ? "unknown" : "dead";
  return startTime(other.pid, proc) === other.start ? "alive" : "dead";
}

/** When a living process started; undefined when there is none with that pid, or only its body. */
function startTime(pid: number, proc: string): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`${proc}/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The command's name stands in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  return state === "Z" || state === "X" ? undefined : fields[19];
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
