export interface PaceOptions {
  /** A piece of work is followed by a rest of so many times what it took. */
  readonly factor: number;
  /** In milliseconds; no rest is shorter. */
  readonly leastMs?: number;
  /** So much of the rests is not waited for: what changes in several steps is to be seen soon. */
  readonly creditMs?: number;
  /** In milliseconds. */
  readonly clock: () => number;
}

/** Keeps work that repeats to a part of the time, however often there is reason for it. */
export class Pace {
  readonly #factor: number;
  readonly #leastMs: number;
  readonly #creditMs: number;
  readonly #clock: () => number;
  /** When all rests are over. */
  #restedAt = 0;

  constructor({ factor, leastMs = 0, creditMs = 0, clock }: PaceOptions) {
    this.#factor = factor;
    this.#leastMs = leastMs;
    this.#creditMs = creditMs;
    this.#clock = clock;
  }

  /** Milliseconds until there may be work again; 0 when there may be now. */
  get waitMs(): number {
    return Math.max(0, this.#restedAt - this.#creditMs - this.#clock());
  }

  /** Begins the rest behind work that has just ended. */
  rest(tookMs: number): void {
    const rest = Math.max(this.#leastMs, tookMs * this.#factor);
    this.#restedAt = Math.max(this.#clock(), this.#restedAt) + rest;
  }
}
