import type { Process } from "./process.ts";

interface Waiter {
  readonly process: Process;
  readonly go: () => void;
}

/** A lock on a file: in order of arrival, and free when its holder dies. */
export class Lock {
  #holder: Process | undefined;
  readonly #waiters: Waiter[] = [];

  /** Resolves with the lock held. */
  async take(process: Process): Promise<void> {
    process.onEnd(() => this.#ended(process));
    if (this.#holder === undefined) {
      this.#holder = process;
      return;
    }
    await new Promise<void>((go) => this.#waiters.push({ process, go }));
  }

  release(process: Process): void {
    if (this.#holder !== process) return;
    this.#holder = undefined;
    const [next] = this.#waiters.splice(0, 1);
    if (next === undefined) return;
    this.#holder = next.process;
    next.process.run(next.go);
  }

  #ended(process: Process): void {
    const others = this.#waiters.filter((waiter) => waiter.process !== process);
    this.#waiters.splice(0, this.#waiters.length, ...others);
    this.release(process);
  }
}
