import type { Batch, Event, Keys, Revision, Store } from "../../src/store/index.ts";

const PAUSE_MS = 5;
const PATIENCE_MS = 20_000;

/** A watch that goes on beside a test, and its batches so far. */
export class Watched implements AsyncDisposable {
  readonly batches: Batch[] = [];
  /** What ended it, if something did. */
  error: unknown;
  readonly #ending: AbortController = new AbortController();
  readonly #running: Promise<void>;

  private constructor(store: Store, keys: Keys, from: Revision, pauseMs: number) {
    this.#running = this.#run(store, keys, from, pauseMs);
  }

  /** @param pauseMs after each batch, for a watcher that is slower than the changes */
  static start(store: Store, keys: Keys, from: Revision, pauseMs: number = 0): Watched {
    return new Watched(store, keys, from, pauseMs);
  }

  get events(): Event[] {
    return this.batches.flatMap(({ events }) => events);
  }

  /** Waits until its batches hold everything up to a revision. */
  async reached(
    revision: Revision,
    pass: (ms: number) => Promise<void> = Bun.sleep,
  ): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while ((this.batches.at(-1)?.revision ?? 0n) < revision) {
      if (this.error !== undefined) throw new Error("the watch has ended", { cause: this.error });
      if (performance.now() > end) {
        throw new Error(`the watch is at ${this.batches.at(-1)?.revision}, and not at ${revision}`);
      }
      await pass(PAUSE_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(store: Store, keys: Keys, from: Revision, pauseMs: number): Promise<void> {
    try {
      for await (const batch of store.watch(keys, from, this.#ending)) {
        this.batches.push(batch);
        if (pauseMs > 0) await Bun.sleep(pauseMs);
      }
    } catch (error) {
      this.error = error;
    }
  }
}

export function revisionOf(event: Event): Revision {
  return event.kind === "put" ? event.entry.revision : event.revision;
}
