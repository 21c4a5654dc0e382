import { statSync } from "node:fs";
import { CLONE_NEWNET, O_RDONLY } from "../call/constant.ts";
import type { Fd } from "../call/fd.ts";
import { open } from "../call/file.ts";
import { setns } from "./namespace.ts";

const THREAD_NETNS = "/proc/thread-self/ns/net";

/** The network namespace that a thread lives in, and leaves for visits only. */
export class PinnedNetns implements Disposable {
  readonly fd: Fd;
  /** See `threadNetnsKey`. */
  readonly key: string;
  #isAway = false;

  constructor() {
    this.fd = open(THREAD_NETNS, O_RDONLY);
    this.key = threadNetnsKey();
    setns(this.fd, CLONE_NEWNET); // a visit needs the right to come back
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  /** Does what moves the thread away and back again. */
  whileAway<T>(action: () => T): T {
    this.#isAway = true;
    try {
      return action();
    } finally {
      this.#isAway = false;
    }
  }

  [Symbol.dispose](): void {
    if (pinned === this) pinned = undefined;
    this.fd.close();
  }
}

// Of this thread: module instances are never shared between threads.
let pinned: PinnedNetns | undefined;

/**
 * Pins the calling thread to its present network namespace, visits aside, until the result is
 * disposed of. A process that serves many calls saves thereby what each of them would have to find
 * out. A library must not pin a thread: other code of the process may move it.
 */
export function pinThreadNetns(): Disposable {
  pinned ??= new PinnedNetns();
  return pinned;
}

/** The namespace that the calling thread is pinned to; undefined when none, or during a visit. */
export function pinnedNetns(): PinnedNetns | undefined {
  return pinned?.isAway === false ? pinned : undefined;
}

/** Whether a thread that is pinned is on a visit to another namespace. */
export function isVisiting(): boolean {
  return pinned?.isAway === true;
}

/** Tells the calling thread's network namespace from all others that are there now. */
export function threadNetnsKey(): string {
  const { dev, ino } = statSync(THREAD_NETNS);
  return `${dev}:${ino}`;
}
