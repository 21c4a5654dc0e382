/** A first pause, in milliseconds: a program that takes much away does so in several transactions. */
const FIRST_MS = 100;
const LONGEST_MS = 60_000;
const FACTOR = 2;

/**
 * How long to wait before the next look: at once the first time, and longer each time as long as looks
 * find something to put back, since another program may take it away again and again.
 */
export class Pacing {
  readonly #longestMs: number;
  #pauseMs = FIRST_MS;

  constructor(longestMs: number = LONGEST_MS) {
    this.#longestMs = longestMs;
  }

  get pauseMs(): number {
    return Math.min(this.#pauseMs, this.#longestMs);
  }

  /** After a look: whether it had something to do. */
  looked(isBusy: boolean): void {
    this.#pauseMs = isBusy ? Math.min(this.#pauseMs * FACTOR, this.#longestMs) : FIRST_MS;
  }
}
