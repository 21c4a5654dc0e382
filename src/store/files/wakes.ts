import { DirectoryWatch } from "../../state/watch/index.ts";

/** Where the kernel tells of no change, those that wait look by themselves. */
const LOOK_MS = 1_000;
/** So rarely it is tried to hear of changes where that was not possible. */
const RETRY_MS = 60_000;

/** Wakes watches when the files of a directory change, by this process or by another. */
export class Wakes {
  readonly #directory: string;
  readonly #waiting: Set<() => void> = new Set();
  #count = 0;
  #followers = 0;
  #watch: DirectoryWatch | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** This process has changed them. */
  changed(): void {
    this.#count += 1;
    for (const wake of this.#waiting) wake();
  }

  end(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    this.changed();
  }

  follow(): Follower {
    this.#followers += 1;
    return {
      mark: () => {
        this.#watch ??= this.#start();
        return this.#count;
      },
      wait: async (mark, most, signal) => await this.#wait(mark, Math.min(LOOK_MS, most), signal),
      [Symbol.dispose]: () => {
        this.#followers -= 1;
        if (this.#followers === 0) this.end();
      },
    };
  }

  async #wait(mark: number, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#count !== mark || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const timer = setTimeout(wake, ms);
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(wake);
      signal.removeEventListener("abort", wake);
    }
  }

  #start(): DirectoryWatch {
    return new DirectoryWatch(this.#directory, {
      ...{ settleMs: 0, makes: false, lookMs: RETRY_MS, changed: () => this.changed() },
      // The lock comes and goes with each call.
      counts: (name) => name.startsWith("log-") || name === "snapshot",
    });
  }
}

/** One that waits for changes. */
export interface Follower extends Disposable {
  /** Taken before one looks: what changes later ends the wait. */
  mark(): number;
  wait(mark: number, most: number, signal: AbortSignal): Promise<void>;
}
