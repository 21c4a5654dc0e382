import { atHome, type Fd, leaveToKernel, pollIn, threadPlace } from "../sys/index.ts";
import { NETLINK_NETFILTER } from "./constant.ts";

// A grace period of the kernel lasts 10 to 20 ms.
const QUIET_MS = 100;
const MOST_RETIRED = 256;
// So many of each protocol are kept where the thread has settled: calls seldom use more at a time.
const SPARES = 2;

interface Retired {
  readonly fd: Fd;
  readonly place: string;
}

// Shared by all sockets of the process, because what they wait for is shared as well.
const retired: Retired[] = [];
let timer: NodeJS.Timeout | undefined;
let isWatchingExit = false;

/**
 * Keeps a socket for who needs the next one at its place (see {@link placeOf}), and closes it when
 * things have become quiet; where the thread has settled, some stay for good.
 * A process that ends before that leaves the closing to the kernel, and does not wait for it.
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
  if (timer === undefined) {
    timer = setTimeout(closeRetired, QUIET_MS);
    timer.unref();
  } else timer.refresh();
}

/** A retired socket of the place; undefined when there is none. */
export function reuse(place: string): Fd | undefined {
  const at = retired.findLastIndex((each) => each.place === place);
  const found = at === -1 ? undefined : retired.splice(at, 1)[0]?.fd;
  // Answers that nobody has read belong to a call that failed.
  if (found === undefined || !pollIn(found, 0)) return found;
  found.close();
  return undefined;
}

/**
 * Protocol and namespace of the socket that the calling thread would open now, when it should be
 * used again: netfilter sockets are, since while the kernel destroys what nftables has deleted, it
 * makes everybody wait who closes such a socket, whoever deleted; and all sockets are where the
 * thread has settled. A socket keeps its namespace alive, so nothing else can have the same name.
 */
export function placeOf(protocol: number): string | undefined {
  const home = atHome();
  if (home !== undefined) return placeName(protocol, home.place);
  return protocol === NETLINK_NETFILTER ? placeName(protocol, threadPlace()) : undefined;
}

function closeRetired(): void {
  const home = atHome();
  const spares = new Map<string, number>();
  for (const { fd, place } of retired.splice(0)) {
    const count = (spares.get(place) ?? 0) + 1;
    spares.set(place, count);
    const isOfHome = home !== undefined && place.endsWith(placeName("", home.place));
    if (isOfHome && count <= SPARES) retired.push({ fd, place });
    else fd.close();
  }
}

function placeName(protocol: number | string, place: string): string {
  return `${protocol} ${place}`;
}
