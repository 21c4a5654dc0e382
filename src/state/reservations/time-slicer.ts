import { sleep } from "../sleep.ts";

/** How long this process does nothing else, in milliseconds. */
const SLICE_MS = 10;

/**
 * Cuts long work into slices, between which the process does other things: there may be tens of
 * thousands of reservations, and a process that serves many must not stop for them.
 */
export class TimeSlicer {
  #begunAt = performance.now();

  /** To be awaited before each little part of the work. */
  async next(): Promise<void> {
    if (performance.now() - this.#begunAt < SLICE_MS) return;
    await sleep(0);
    this.#begunAt = performance.now();
  }
}
