/** Empty pieces, given back after a rest. */
import type { Core } from "./core.ts";
import { isLow, type Stock, stockOf } from "./demand.ts";
import type { Draft } from "./draft.ts";
import { handOver, type Move } from "./hand-over.ts";
import { sizeOf } from "./pieces.ts";

/** Pieces given back at once. */
const MOST = 32;

export class Leftovers {
  readonly #core: Core;
  /** Since when pieces have been empty. */
  #since: ReadonlyMap<string, number> = new Map();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Gives back what has rested, and keeps one empty piece; milliseconds until the next has rested. */
  async giveBack(stocks: readonly Stock[]): Promise<number> {
    const { clock, config } = this.#core;
    const now = clock.now();
    const empty = stocks.flatMap((stock) => (stock.empty.length > 1 ? stock.empty : []));
    this.#since = new Map(
      empty.map((prefix) => [prefix.toString(), this.#since.get(prefix.toString()) ?? now]),
    );
    const rested = [...this.#since.values()].filter((since) => now - since >= config.restMs);
    if (rested.length > 0) {
      const moves = await handOver(this.#core, {
        choose: (draft) => this.#choose(draft),
        to: undefined,
      });
      for (const { prefix } of moves) {
        this.#core.report("given back", `${this.#core.title} has given back ${prefix}`);
      }
    }
    const oldest = Math.min(...this.#since.values());
    return Math.max(1000, oldest + config.restMs - now);
  }

  #choose(draft: Draft): Move[] {
    const { clock, config, spaces } = this.#core;
    const chosen: Move[] = [];
    for (const space of spaces) {
      let { size, free, empty } = stockOf(draft, space);
      let left = empty.length;
      for (const prefix of empty) {
        const since = this.#since.get(prefix.toString());
        if (since === undefined || clock.now() - since < config.restMs) continue;
        const rest = { size: size - sizeOf(prefix), free: free - sizeOf(prefix) };
        if (left <= 1 || isLow(rest) || chosen.length >= MOST) continue;
        chosen.push({ space, prefix });
        ({ size, free } = rest);
        left--;
      }
    }
    return chosen;
  }
}
