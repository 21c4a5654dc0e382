import { statSync } from "node:fs";
import { CLONE_NEWNET, O_RDONLY } from "./constant.ts";
import type { Fd } from "./fd.ts";
import { open } from "./file.ts";
import { setns } from "./namespace.ts";

const THREAD_NETNS = "/proc/thread-self/ns/net";

/** The network namespace that a thread lives in, and leaves for visits only. */
export class Home implements Disposable {
  readonly fd: Fd;
  /** Tells the namespace from all others. */
  readonly place: string;
  #isAway = false;

  constructor() {
    this.fd = open(THREAD_NETNS, O_RDONLY);
    this.place = threadPlace();
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
    if (home === this) home = undefined;
    this.fd.close();
  }
}

// Of this thread: module instances are never shared between threads.
let home: Home | undefined;

/**
 * Says that the calling thread stays in its present network namespace, visits aside, until what
 * this gives is disposed of. Whoever serves many calls saves thereby what each of them would have
 * to find out. A library must not say it: it does not know who else moves the thread.
 */
export function settle(): Disposable {
  home ??= new Home();
  return home;
}

/** Where the calling thread has settled; undefined when it has not, or is away on a visit. */
export function atHome(): Home | undefined {
  return home?.isAway === false ? home : undefined;
}

/** Tells the calling thread's network namespace from all others that are there now. */
export function threadPlace(): string {
  const { dev, ino } = statSync(THREAD_NETNS);
  return `${dev}:${ino}`;
}
