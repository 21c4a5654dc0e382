import { afterEach, beforeEach } from "bun:test";
import { readdirSync, readFileSync, readlinkSync, statfsSync } from "node:fs";

/**
 * Finds descriptors that a test left open: sockets and namespaces, the two kinds that this project
 * owns. Others (the test runner's own pipes and timers) come and go as they please.
 */

const DIRECTORY = "/proc/self/fd";

/** NSFS_MAGIC of linux/magic.h: an open namespace, also where it is bound to a path. */
const NSFS_MAGIC = 0x6e736673;

/** Descriptor → what it is, for each open socket and namespace of this process. */
export function openDescriptors(): Map<string, string> {
  const found = new Map<string, string>();
  for (const fd of readdirSync(DIRECTORY)) {
    const target = watched(`${DIRECTORY}/${fd}`);
    if (target !== undefined) found.set(fd, target);
  }
  return found;
}

function watched(path: string): string | undefined {
  try {
    const target = readlinkSync(path);
    return target.startsWith("socket:") || statfsSync(path).type === NSFS_MAGIC
      ? target
      : undefined;
  } catch {
    // It was the descriptor of the listing itself, or it closed meanwhile.
    return undefined;
  }
}

/** What is open in `after` and was not in `before`, in words. */
export function leaked(before: Map<string, string>, after: Map<string, string>): string[] {
  return [...after]
    .filter(([fd, target]) => before.get(fd) !== target)
    .map(([fd, target]) => `descriptor ${fd} is still open: ${target}`);
}

/** Sockets of netfilter are closed a little after their use, to spare their users a wait. */
const PATIENCE_MS = 1000;
const PAUSE_MS = 20;

/** What is open since `before` and stays open; only what `counts`, when that is given. */
export async function leftOpen(
  before: Map<string, string>,
  counts: (text: string) => boolean = () => true,
): Promise<string[]> {
  for (const end = performance.now() + PATIENCE_MS; ; await Bun.sleep(PAUSE_MS)) {
    const left = leaked(before, openDescriptors()).filter(counts);
    if (left.length === 0 || performance.now() > end) return left;
  }
}

/** Call it at the top of a test file or describe block: each of its tests fails on a leak. */
export function failOnLeakedDescriptors(): void {
  let before = new Map<string, string>();
  beforeEach(() => {
    before = openDescriptors();
  });
  afterEach(async () => {
    const left = await leftOpen(before);
    if (left.length > 0) throw new Error(`the test leaked: ${left.join("; ")}`);
  });
}

/**
 * Fails each test that leaves a netlink socket open. Those of programs that a test ran are left
 * out: their pipes are sockets too, which the test runner closes when it likes.
 */
export function failOnLeakedNetlinkSockets(): void {
  let before = new Map<string, string>();
  beforeEach(() => {
    before = openDescriptors();
  });
  afterEach(async () => {
    const netlink = readFileSync("/proc/net/netlink", "utf8");
    const inodes = new Set(netlink.split("\n").map((line) => line.trim().split(/\s+/u).at(-1)));
    const isNetlink = (text: string): boolean => inodes.has(text.match(/socket:\[(\d+)\]/u)?.[1]);
    const left = await leftOpen(before, isNetlink);
    if (left.length > 0) throw new Error(`the test leaked: ${left.join("; ")}`);
  });
}
