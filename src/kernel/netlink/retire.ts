import { statSync } from "node:fs";
import { type Fd, leaveToKernel, pollIn } from "../sys/index.ts";

// A grace period of the kernel lasts 10 to 20 ms.
const QUIET_MS = 100;
const MOST_RETIRED = 256;

interface Retired {
  readonly fd: Fd;
  readonly place: string;
}

// Shared by all sockets of the process, because what they wait for is shared as well.
const retired: Retired[] = [];
let timer: NodeJS.Timeout | undefined;
let isWatchingExit = false;

/**
 * Keeps a netfilter socket for who needs the next one in its namespace (`place`, as
 * {@link ownPlace} tells it), and closes it when things have become quiet. While the kernel
 * destroys what nftables has deleted, it makes everybody wait who closes such a socket, whoever
 * deleted. A process that ends before that leaves the closing to the kernel, and does not wait for it.
 */
export function retire(fd: Fd, place: string): void {
  retired.push({ fd, place });
  if (!isWatchingExit) {
    isWatchingExit = true;
    process.once("exit", () => {
      if (retired.length > 0) leaveToKernel(retired.map((each) => each.fd));
    });
  }
  if (retired.length > MOST_RETIRED) retired.shift()?.fd.close();
  clearTimeout(timer);
  timer = setTimeout(closeRetired, QUIET_MS);
  timer.unref();
}

/** A retired socket of the namespace; undefined when there is none. */
export function reuse(place: string): Fd | undefined {
  const at = retired.findLastIndex((each) => each.place === place);
  const found = at === -1 ? undefined : retired.splice(at, 1)[0]?.fd;
  // Answers that nobody has read belong to a call that failed.
  if (found === undefined || !pollIn(found, 0)) return found;
  found.close();
  return undefined;
}

/**
 * Tells the calling thread's namespace from others. A socket keeps its namespace alive, so nothing
 * else can have the name of a retired one's.
 */
export function ownPlace(): string {
  const { dev, ino } = statSync("/proc/thread-self/ns/net");
  return `${dev}:${ino}`;
}

function closeRetired(): void {
  for (const { fd } of retired.splice(0)) fd.close();
}
