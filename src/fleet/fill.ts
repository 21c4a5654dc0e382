/** How much this node has free, for those that look for some: written only while addresses are short. */
import type { Core } from "./core.ts";
import type { Stock } from "./demand.ts";

/** Between two writes, in milliseconds. */
const REST_MS = 1000;
/** So long after the last sign of shortage the others are kept informed. */
const SHORT_MS = 300_000;

export class Fill {
  readonly #core: Core;
  #shortUntilMs = Number.NEGATIVE_INFINITY;
  #wroteAtMs = Number.NEGATIVE_INFINITY;
  #written: string | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  /** This node asks for addresses, or was asked. */
  isShort(): void {
    this.#shortUntilMs = this.#core.clock.now() + SHORT_MS;
  }

  /** Writes the counts where they are others; they go with the lease. Milliseconds until it may again. */
  async write(stocks: readonly Stock[]): Promise<number> {
    const core = this.#core;
    const now = core.clock.now();
    if (now > this.#shortUntilMs) return Number.POSITIVE_INFINITY;
    const { lease, owner } = core.won;
    const value = JSON.stringify({ free: stocks.map(({ free }) => floorOf(free)) });
    const text = `${lease} ${owner.epoch} ${value}`;
    if (text === this.#written) return Number.POSITIVE_INFINITY;
    if (now - this.#wroteAtMs < REST_MS) return this.#wroteAtMs + REST_MS - now;
    await core.transact([], [{ put: core.keys.fill(core.node), value, lease }]);
    this.#written = text;
    this.#wroteAtMs = now;
    return Number.POSITIVE_INFINITY;
  }
}

/** Rounded down to a power of two. */
function floorOf(count: number): number {
  return count < 1 ? 0 : 2 ** Math.floor(Math.log2(count));
}
