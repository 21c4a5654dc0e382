import { CniError, ErrorCode } from "../../spec/index.ts";
import type { Undeleted } from "./delete.ts";

/** Does one batch at a time, on another thread. */
export type DeleteBatch = (indexes: readonly number[]) => Promise<readonly Undeleted[]>;

interface Wish {
  readonly indexes: readonly number[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Gathers what is to be deleted while the kernel is at work on what was to be deleted before, and
 * has it deleted together: a veth pair takes it 20 ms of waiting, and fifty take it little more.
 */
export class Deleter {
  readonly #deleteBatch: DeleteBatch;
  #wishes: Wish[] = [];
  #isBusy = false;
  /** How many links went and in how many requests, for the metrics. */
  links = 0;
  batches = 0;

  constructor(deleteBatch: DeleteBatch) {
    this.#deleteBatch = deleteBatch;
  }

  /** Resolves when the links are gone; throws a CniError of code 5 when one cannot be deleted. */
  delete(indexes: readonly number[]): Promise<void> {
    return new Promise((done, failed) => {
      this.#wishes.push({ indexes, done, failed });
      if (!this.#isBusy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    // What is asked for in the same breath goes along; to wait any longer would let the kernel idle.
    await Promise.resolve();
    while (this.#wishes.length > 0) {
      const wishes = this.#wishes;
      this.#wishes = [];
      await this.#grant(wishes);
    }
    this.#isBusy = false;
  }

  async #grant(wishes: readonly Wish[]): Promise<void> {
    const indexes = [...new Set(wishes.flatMap((wish) => wish.indexes))];
    try {
      const left = await this.#deleteBatch(indexes);
      this.links += indexes.length - left.length;
      this.batches++;
      const reasons = new Map(left.map(({ index, reason }) => [index, reason]));
      for (const wish of wishes) settle(wish, reasons);
    } catch (error) {
      for (const wish of wishes) wish.failed(error);
    }
  }
}

function settle(wish: Wish, reasons: ReadonlyMap<number, string>): void {
  const index = wish.indexes.find((each) => reasons.has(each));
  if (index === undefined) wish.done();
  else {
    const msg = `cannot delete link ${index}: ${reasons.get(index)}`;
    wish.failed(new CniError(ErrorCode.IO_FAILURE, msg));
  }
}
