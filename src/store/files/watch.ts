import { type FSWatcher, watch } from "node:fs";

/** Where the kernel tells of no change, watches look by themselves. */
const LOOK_MS = 1_000;

/** Wakes watches when the files of a directory change, by this process or by another. */
export class DirectoryWatch {
  readonly #directory: string;
  readonly #waiting: Set<() => void> = new Set();
  #count = 0;
  #followers = 0;
  #watcher: FSWatcher | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** This process has changed them. */
  changed(): void {
    this.#count += 1;
    for (const wake of this.#waiting) wake();
  }

  end(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.changed();
  }

  follow(): Follower {
    this.#followers += 1;
    return {
      mark: () => {
        this.#watcher ??= this.#start();
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

  /** Undefined where it cannot be watched: the slow look finds what changes. */
  #start(): FSWatcher | undefined {
    try {
      const watcher = watch(this.#directory, (_event, name) => {
        // The lock comes and goes with each call.
        if (name === null || name.startsWith("log-") || name === "snapshot") this.changed();
      });
      watcher.on("error", () => watcher.close());
      return watcher;
    } catch {
      return undefined;
    }
  }
}

/** One that waits for changes. */
export interface Follower extends Disposable {
  /** Taken before one looks: what changes later ends the wait. */
  mark(): number;
  wait(mark: number, most: number, signal: AbortSignal): Promise<void>;
}
