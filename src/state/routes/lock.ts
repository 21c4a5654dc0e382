import { type Fd, flock, KernelError, LOCK_UN } from "../../kernel/sys/index.ts";
import { takeFlock } from "../files/index.ts";
import type { Namespaces } from "../namespaces/index.ts";

/** Held until it is disposed of. */
export interface NetnsLock extends Disposable {}

/**
 * Takes flock(2) on the container's namespace itself, as the Go plugins do, so that two that pick
 * routing tables there do not pick the same. Every path to a namespace leads to one lock. Nothing is
 * opened by path again, so that no file can come to be. Where the namespace is gone there is nothing
 * to lock.
 */
export async function lockNetns(namespaces: Namespaces, signal?: AbortSignal): Promise<NetnsLock> {
  const { netns } = namespaces;
  if (netns === undefined) return { [Symbol.dispose]: () => undefined };
  const details = "another plugin is changing the routing of this namespace";
  await takeFlock(netns.fd, { path: netns.path, details }, signal);
  return { [Symbol.dispose]: () => release(netns.fd) };
}

/** What cannot be released now is when the descriptor is closed, which comes next. */
function release(fd: Fd): void {
  try {
    flock(fd, LOCK_UN);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
}
