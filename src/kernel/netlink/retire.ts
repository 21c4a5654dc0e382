import { type Fd, leaveToKernel, pinnedNetns, pollIn, threadNetnsKey } from "../sys/index.ts";
import { NETLINK_NETFILTER } from "./constant.ts";

// A grace period of the kernel lasts 10 to 20 ms.
const QUIET_MS = 100;
const MOST_RETIRED = 256;
// So many of each protocol are kept where the thread is pinned: calls seldom use more at a time.
const SPARES = 2;

interface Retired {
  readonly fd: Fd;
  readonly key: string;
}

// Shared by all sockets of the process, because what they wait for is shared as well.
const retired: Retired[] = [];
let timer: NodeJS.Timeout | undefined;
let isWatchingExit = false;

/**
 * Keeps a socket for the next one of its key (see `reuseKey`), and closes it when things have
 * become quiet; where the thread is pinned, some stay for good.
 * A process that ends before that leaves the closing to the kernel, and does not wait for it.
 */
export function retire(fd: Fd, key: string): void {
  retired.push({ fd, key });
  if (!isWatchingExit) {
    isWatchingExit = true;
    process.once("exit", () => {
      if (retired.length > 0) leaveToKernel(retired.map((each) => each.fd));
    });
  }
  if (retired.length > MOST_RETIRED) retired.shift()?.fd.close();
  if (timer === undefined) {
    timer = setTimeout(closeRetired, QUIET_MS);
    timer.unref();
  } else timer.refresh();
}

/** A retired socket of the key; undefined when there is none. */
export function reuse(key: string): Fd | undefined {
  const at = retired.findLastIndex((each) => each.key === key);
  const found = at === -1 ? undefined : retired.splice(at, 1)[0]?.fd;
  // Answers that were not read belong to a call that failed.
  if (found === undefined || !pollIn(found, 0)) return found;
  found.close();
  return undefined;
}

/**
 * Protocol and namespace of the socket that the calling thread would open now; undefined when it is
 * not worth being used again. While nftables frees deleted objects, closing any netfilter socket
 * blocks for a grace period, so those are reused; and so are all sockets of a pinned thread. A socket
 * keeps its namespace alive, so no other namespace can have the same key.
 */
export function reuseKey(protocol: number): string | undefined {
  const pinned = pinnedNetns();
  if (pinned !== undefined) return keyOf(protocol, pinned.key);
  return protocol === NETLINK_NETFILTER ? keyOf(protocol, threadNetnsKey()) : undefined;
}

function closeRetired(): void {
  const pinned = pinnedNetns();
  const spares = new Map<string, number>();
  for (const { fd, key } of retired.splice(0)) {
    const count = (spares.get(key) ?? 0) + 1;
    spares.set(key, count);
    const isOfPinned = pinned !== undefined && key.endsWith(keyOf("", pinned.key));
    if (isOfPinned && count <= SPARES) retired.push({ fd, key });
    else fd.close();
  }
}

function keyOf(protocol: number | string, netnsKey: string): string {
  return `${protocol} ${netnsKey}`;
}
