import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { normalize } from "node:path";
import { addTo } from "../../base/index.ts";
import { Netns } from "./netns.ts";

/** Paths that mean something else to each process, those that lead below /proc/self among them. */
const OWN_PATH = /^\/(?:proc\/(?:self|thread-self)|dev\/(?:fd|stdin|stdout|stderr))(?:\/|$)/u;

/** Whether another process that opens the path would open something else. */
export function isOwnPath(path: string): boolean {
  return OWN_PATH.test(normalize(path));
}

/**
 * What identifies a namespace. Its file's device and number do so while it lives; afterwards the
 * kernel gives the number to new namespaces. The cookie is never given again during a boot.
 */
export interface NetnsIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  /** See `Netns.cookie`; undefined on kernels that have none. */
  readonly cookie?: bigint | undefined;
}

/** A network namespace that is mounted somewhere, or that a process is in. */
export interface FoundNetns {
  readonly ino: bigint;
  readonly path: string;
}

/**
 * The network namespaces that are mounted where this process sees it, and then those of processes.
 * It costs a look at every process.
 *
 * @example
 * ```ts
 * import { livingNamespaces, Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * const found = [...livingNamespaces()].find(({ ino }) => ino === blue.ino);
 * found?.path === blue.path; // → true
 * ```
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

/** The paths of all of them, by their numbers. */
export function livingByNumber(): Map<bigint, string[]> {
  const living = new Map<bigint, string[]>();
  for (const { ino, path } of livingNamespaces()) addTo(living, ino, path);
  return living;
}

/**
 * A path by which any process reaches a namespace; a mount is preferred. Undefined when the
 * namespace is gone, or when only descriptors keep it. Without a cookie the namespace must be known
 * to live.
 */
export function findNetns(identity: NetnsIdentity): string | undefined {
  for (const found of livingNamespaces()) {
    if (found.ino === identity.ino && leadsTo(found.path, identity)) return found.path;
  }
  return undefined;
}

/** Whether a path leads this process to the namespace, and not to one that got its number later. */
export function leadsTo(path: string, { dev, ino, cookie }: NetnsIdentity): boolean {
  try {
    const status = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (status?.ino !== ino || status.dev !== dev) return false;
    if (cookie === undefined) return true;
    using netns = Netns.open(path);
    return netns.cookie === cookie;
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
