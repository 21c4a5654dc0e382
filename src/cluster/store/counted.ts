import { errorText } from "../../base/index.ts";
import {
  type Batch,
  type CallOptions,
  type Change,
  type Condition,
  type Identity,
  type Keys,
  type LeaseId,
  type Outcome,
  type Revision,
  type Snapshot,
  type Store,
  StoreError,
} from "../../store/index.ts";

/** What was asked of a store. */
type StoreOperation = "identify" | "read" | "transact" | "grant" | "renew" | "revoke" | "watch";

/** A store that counts what is asked of it, and knows how the last question ended. */
export class CountedStore implements Store {
  readonly counts: Map<StoreOperation, { asked: number; failed: number }> = new Map();
  /** Watches that began anew since the engine had forgotten where they were. */
  resyncs = 0;
  /** Why the last question had no answer; undefined while the store answers. */
  trouble: string | undefined;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async identify(options?: CallOptions): Promise<Identity> {
    return await this.#ask("identify", () => this.#store.identify(options));
  }

  async read(keys: Keys, options?: CallOptions): Promise<Snapshot> {
    return await this.#ask("read", () => this.#store.read(keys, options));
  }

  async transact(
    conditions: readonly Condition[],
    changes: readonly Change[],
    options?: CallOptions,
  ): Promise<Outcome> {
    return await this.#ask("transact", () => this.#store.transact(conditions, changes, options));
  }

  async grant(seconds: number, options?: CallOptions): Promise<LeaseId> {
    return await this.#ask("grant", () => this.#store.grant(seconds, options));
  }

  async renew(lease: LeaseId, options?: CallOptions): Promise<boolean> {
    return await this.#ask("renew", () => this.#store.renew(lease, options));
  }

  async revoke(lease: LeaseId, options?: CallOptions): Promise<void> {
    await this.#ask("revoke", () => this.#store.revoke(lease, options));
  }

  async *watch(keys: Keys, from: Revision, options?: CallOptions): AsyncGenerator<Batch> {
    const count = this.#count("watch");
    count.asked++;
    try {
      for await (const batch of this.#store.watch(keys, from, options)) {
        this.trouble = undefined;
        yield batch;
      }
    } catch (error) {
      count.failed++;
      if (error instanceof StoreError && error.fault === "compacted") this.resyncs++;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }

  async #ask<T>(operation: StoreOperation, question: () => Promise<T>): Promise<T> {
    const count = this.#count(operation);
    count.asked++;
    try {
      const answer = await question();
      this.trouble = undefined;
      return answer;
    } catch (error) {
      const isOwn = error instanceof StoreError && error.fault === "aborted";
      if (!isOwn) {
        count.failed++;
        this.trouble = errorText(error);
      }
      throw error;
    }
  }

  #count(operation: StoreOperation): { asked: number; failed: number } {
    let count = this.counts.get(operation);
    if (count === undefined) {
      count = { asked: 0, failed: 0 };
      this.counts.set(operation, count);
    }
    return count;
  }
}
