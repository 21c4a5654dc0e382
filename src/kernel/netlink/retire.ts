import type { Fd } from "../sys/index.ts";

// A grace period of the kernel lasts 10 to 20 ms.
const QUIET_MS = 100;
const MOST_RETIRED = 64;

// Shared by all sockets of the process, because what they wait for is shared as well.
const retired: Fd[] = [];
let timer: NodeJS.Timeout | undefined;

/**
 * Closes a netfilter socket when things have become quiet. While the kernel destroys what nftables
 * has deleted, it makes everybody wait who closes such a socket, whoever deleted. A process that
 * ends before that leaves the closing to the kernel.
 */
export function retire(fd: Fd): void {
  retired.push(fd);
  if (retired.length > MOST_RETIRED) retired.shift()?.close();
  clearTimeout(timer);
  timer = setTimeout(closeRetired, QUIET_MS);
  timer.unref();
}

function closeRetired(): void {
  for (const fd of retired.splice(0)) fd.close();
}
