import { untilDone } from "./time.ts";

/** More answers than that are dropped, so that a flood takes no memory. */
const CAPACITY = 64;

/** Answers between their arrival and the moment the transaction takes them. */
export class Inbox<Arrival> {
  readonly #waiting: Arrival[] = [];
  #closed = false;
  #wake: () => void = () => undefined;

  put(arrival: Arrival): void {
    if (this.#waiting.length < CAPACITY) this.#waiting.push(arrival);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async take(until: number, signal: AbortSignal): Promise<Arrival | "time" | "lost"> {
    for (;;) {
      signal.throwIfAborted();
      const next = this.#waiting.shift();
      if (next !== undefined) return next;
      if (this.#closed) return "lost";
      const left = until - performance.now();
      if (left <= 0) return "time";
      await this.#woken(left, signal);
    }
  }

  async #woken(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await untilDone(promise, ms, signal);
  }
}
