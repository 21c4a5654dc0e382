import { CniError, ErrorCode } from "../../spec/index.ts";
import type { Undeleted } from "./delete.ts";

/** Deletes a batch on another thread; ends when the kernel has answered. */
export type DeleteBatch = (indexes: readonly number[]) => Promise<readonly Undeleted[]>;

/** Who hears of links that leave, and tells each to {@link Deleter.departed}. */
export interface Departures {
  /** What leaves from now on is told; also called when it is told already. */
  begin(): void;
}

interface Wish {
  readonly indexes: readonly number[];
  /** Those that are still there. */
  readonly open: Set<number>;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Gathers what is to be deleted while the kernel is at work on what was to be deleted before, and
 * has it deleted together: a veth pair takes it 20 ms of waiting, and fifty take it little more.
 *
 * A link is gone as soon as the kernel says so to everybody, after the first millisecond: nobody
 * can find it any more, and nothing goes through it. The rest of the 20 ms the kernel waits for
 * others to let go of its memory; that is the thread's to wait for, and no caller's.
 */
export class Deleter {
  /** Those that have nothing to do. */
  readonly #idle: DeleteBatch[];
  readonly #departures: Departures | undefined;
  #waiting: Wish[] = [];
  readonly #asked = new Set<Wish>();
  /** How many links went and in how many requests, for the metrics. */
  links = 0;
  batches = 0;

  /** `threads`: as many batches are under way at a time, those in front sooner. */
  constructor(threads: readonly DeleteBatch[], departures?: Departures) {
    this.#idle = [...threads];
    this.#departures = departures;
  }

  /** Resolves when the links are gone; throws a CniError of code 5 when one cannot be deleted. */
  delete(indexes: readonly number[]): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ indexes, open: new Set(indexes), done, failed });
      const thread = this.#idle.shift();
      if (thread !== undefined) void this.#work(thread);
    });
  }

  /** To be called for each link that leaves. */
  departed(index: number): void {
    for (const wish of this.#asked) {
      if (!wish.open.delete(index) || wish.open.size > 0) continue;
      this.#asked.delete(wish);
      wish.done();
    }
  }

  async #work(thread: DeleteBatch): Promise<void> {
    // What is asked for in the same breath goes along; to wait any longer would let the kernel idle.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const wishes = this.#waiting;
      this.#waiting = [];
      await this.#grant(wishes, thread);
    }
    this.#idle.unshift(thread);
  }

  async #grant(wishes: readonly Wish[], thread: DeleteBatch): Promise<void> {
    const indexes = [...new Set(wishes.flatMap((wish) => wish.indexes))];
    try {
      this.#hear();
      for (const wish of wishes) this.#asked.add(wish);
      const left = await thread(indexes);
      this.links += indexes.length - left.length;
      this.batches++;
      const reasons = new Map(left.map(({ index, reason }) => [index, reason]));
      for (const wish of wishes) settle(wish, reasons);
    } catch (error) {
      for (const wish of wishes) wish.failed(error);
    }
    for (const wish of wishes) this.#asked.delete(wish);
  }

  /** Where the departures cannot be heard, the kernel's answer comes later and says the same. */
  #hear(): void {
    try {
      this.#departures?.begin();
    } catch {
      // No descriptor left, say.
    }
  }
}

function settle(wish: Wish, reasons: ReadonlyMap<number, string>): void {
  const index = wish.indexes.find((each) => reasons.has(each));
  if (index === undefined) wish.done();
  else wish.failed(failure({ index, reason: reasons.get(index) ?? "" }));
}

/** What a caller is told of a link that stays. */
export function failure({ index, reason }: Undeleted): CniError {
  return new CniError(ErrorCode.IO_FAILURE, `cannot delete link ${index}: ${reason}`);
}
