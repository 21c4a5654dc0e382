import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";

/** Paths that mean something else to each process. */
const OWN_PATH = /^\/proc\/(?:self|thread-self)(?:\/|$)/u;

/** Whether another process that opens the path would open something else. */
export function isOwnPath(path: string): boolean {
  return OWN_PATH.test(path);
}

/** What identifies a namespace while it lives: its file's device and number. */
export interface NetnsIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** A network namespace that is mounted somewhere, or that a process is in. */
export interface FoundNetns {
  readonly ino: bigint;
  readonly path: string;
}

/**
 * The network namespaces that are mounted where this process sees it, and then those of processes.
 * It costs a look at every process.
 */
export function* livingNamespaces(): Generator<FoundNetns> {
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    const [, , , root, point] = line.split(" ");
    const ino = numberOf(root);
    if (ino !== undefined && point !== undefined) yield { ino, path: plainPath(point) };
  }
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/u.test(name)) continue;
    const path = `/proc/${name}/ns/net`;
    const ino = numberOf(targetOf(path));
    if (ino !== undefined) yield { ino, path };
  }
}

/**
 * A path by which any process reaches a namespace, of one that is known to live: numbers of dead
 * ones are used again. A mount is preferred; undefined when only descriptors keep it.
 */
export function findNetns({ dev, ino }: NetnsIdentity): string | undefined {
  for (const found of livingNamespaces()) {
    if (found.ino === ino && leadsTo(found.path, { dev, ino })) return found.path;
  }
  return undefined;
}

/** Whether a path leads this process to the namespace. */
export function leadsTo(path: string, { dev, ino }: NetnsIdentity): boolean {
  try {
    const status = statSync(path, { bigint: true, throwIfNoEntry: false });
    return status?.ino === ino && status.dev === dev;
  } catch {
    return false;
  }
}

/** As links and mounts name a namespace: `net:[4026531840]`. */
function numberOf(text: string | undefined): bigint | undefined {
  const [, number] = /^net:\[(\d+)\]$/u.exec(text ?? "") ?? [];
  return number === undefined ? undefined : BigInt(number);
}

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // the process has just ended, or is not ours to look at
  }
}

/** The kernel writes blanks and backslashes of a path as `\040` and the like. */
function plainPath(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/gu, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
