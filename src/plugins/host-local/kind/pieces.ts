import { sleep } from "../../../state/index.ts";

/** So long this process does nothing else, in milliseconds. */
const PIECE_MS = 10;

/**
 * Cuts long work into pieces, between which the process does other things: there may be tens of
 * thousands of reservations, and a process that serves many must not stop for them.
 */
export class Pieces {
  #begunAt = performance.now();

  /** To be awaited before each little part of the work. */
  async next(): Promise<void> {
    if (performance.now() - this.#begunAt < PIECE_MS) return;
    await sleep(0);
    this.#begunAt = performance.now();
  }
}
