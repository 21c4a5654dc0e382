import type { Netns } from "../../kernel/netns/index.ts";
import { RouteSocket } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";
import { sleep } from "../sleep.ts";

// So long a process that serves others stands still at most.
const SLICE_MS = 10;

/** What is waited for. */
export interface Wait<T> {
  /** Where it happens; the caller's own namespace when absent. */
  readonly netns: Netns | undefined;
  /** RTNLGRP_ groups that tell of it. */
  readonly groups: readonly number[];
  /** Looks whether it has happened; undefined is "not yet". Asked at first, and after each event. */
  readonly look: () => T | undefined;
  readonly timeoutMs: number;
  /** When aborted, the wait ends by its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for a change of links, addresses, routes or rules by hearing of it, so that it takes no
 * longer than the change itself. What has happened already costs one look; then the hearing begins,
 * and then comes the next look, so that nothing is missed.
 * Gives what `look` gave, or undefined when the time was over.
 */
export async function waitFor<T>(wait: Wait<T>): Promise<T | undefined> {
  const { netns, groups, look, timeoutMs, signal } = wait;
  signal?.throwIfAborted();
  const already = look();
  if (already !== undefined) return already;
  using hearing = RouteSocket.open(netns, groups);
  const end = performance.now() + timeoutMs;
  for (let heard = true; ; ) {
    signal?.throwIfAborted();
    const found = heard ? look() : undefined;
    if (found !== undefined) return found;
    const left = end - performance.now();
    if (left <= 0) return look();
    heard = hear(hearing, Math.ceil(Math.min(left, SLICE_MS)));
    await sleep(0);
  }
}

/** More events than the socket could hold are an event too. */
function hear(hearing: RouteSocket, timeoutMs: number): boolean {
  try {
    return hearing.netlink.receive(timeoutMs).length > 0;
  } catch (error) {
    if (isKernelError(error, Errno.ENOBUFS)) return true;
    throw error;
  }
}
