import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import type { NetnsNote } from "../journal/index.ts";

/** Paths that mean something else to each process. */
const OWN_PATH = /^\/proc\/(?:self|thread-self)(?:\/|$)/u;

/** Whether the path still leads to the namespace that it led to. Looks at nothing else. */
export function isThere({ path, dev, ino }: NetnsNote): boolean {
  if (!path.startsWith("/") || OWN_PATH.test(path)) return false;
  try {
    const status = statSync(path, { bigint: true, throwIfNoEntry: false });
    return status?.ino === ino && status.dev === dev;
  } catch (error) {
    // No process of that number, or a directory that is no more; but a shortage proves nothing.
    const code = (error as NodeJS.ErrnoException).code ?? "";
    return !["ENOENT", "ENOTDIR", "ESRCH"].includes(code);
  }
}

/**
 * The network namespaces that processes are in or that are mounted somewhere, by their numbers. It
 * costs a look at every process, so it is asked only about paths that lead nowhere.
 */
export function livingNamespaces(): ReadonlySet<bigint> {
  const living = new Set<bigint>();
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    add(living, line.split(" ")[3]);
  }
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/u.test(name)) continue;
    try {
      add(living, readlinkSync(`/proc/${name}/ns/net`));
    } catch {
      // It has just ended, or is not ours to look at.
    }
  }
  return living;
}

function add(living: Set<bigint>, text: string | undefined): void {
  const [, number] = /^net:\[(\d+)\]$/u.exec(text ?? "") ?? [];
  if (number !== undefined) living.add(BigInt(number));
}
