/** How much a node has, and when that is too little or too much. */
import type { Prefix } from "../addr/index.ts";
import type { Core } from "./core.ts";
import { type Draft, revise } from "./draft.ts";
import { sizeOf } from "./pieces.ts";
import type { Space } from "./space.ts";

/** The next block is fetched when no more than this part is free. */
const LOW = 0.25;
/** Blocks fetched at once, at most. */
const MOST = 16;
/** A node that needed blocks so lately gets twice as many. */
const LATELY_MS = 10_000;

/** What one subnet has on this node. */
export interface Stock {
  readonly space: Space;
  /** Addresses that are held. */
  readonly size: number;
  /** Of those, addresses that an ADD could have. */
  readonly free: number;
  /** Held pieces with nothing in them. */
  readonly empty: readonly Prefix[];
}

/** Counts what is held and what is free of it, subnet by subnet. */
export async function takeStock(core: Core): Promise<Stock[]> {
  return await revise(core, (draft) => core.spaces.map((space) => stockOf(draft, space)));
}

export function stockOf(draft: Draft, space: Space): Stock {
  const occupied = draft.occupied(space);
  const held = draft.held(space);
  const sum = (count: (prefix: Prefix) => number): number =>
    held.reduce((total, prefix) => total + count(prefix), 0);
  return {
    space,
    size: sum(sizeOf),
    free: sum((prefix) => occupied.freeIn(prefix)),
    empty: held.filter((prefix) => occupied.isEmpty(prefix)),
  };
}

/** Whether so little is free that the next block is due. */
export function isLow({ size, free }: Pick<Stock, "size" | "free">): boolean {
  return free <= size * LOW;
}

/** How many blocks are fetched at once: twice as many as the last time while they go fast. */
export class Appetite {
  readonly #core: Core;
  #last = 0;
  #atMs = Number.NEGATIVE_INFINITY;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Blocks to fetch for ADDs that wait, or ahead of them. */
  blocks({ space, size, free }: Stock, waiting: number): number {
    const block = 2 ** ((space.subnet.family === 4 ? 32 : 128) - space.blockSize);
    const missing = Math.max(size * LOW - free, waiting - free, 0);
    const isLately = this.#core.clock.now() - this.#atMs < LATELY_MS;
    return Math.min(MOST, Math.max(1, Math.ceil(missing / block), isLately ? this.#last * 2 : 1));
  }

  /** So many were fetched now. */
  had(blocks: number): void {
    this.#last = blocks;
    this.#atMs = this.#core.clock.now();
  }
}
