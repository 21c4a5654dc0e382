/** The engine in memory without a network: each call is answered at once. */
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
} from "../../src/store/index.ts";
import type { Engine } from "./engine.ts";
import { Queue } from "./queue.ts";

export class DirectStore implements Store {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async identify(options?: CallOptions): Promise<Identity> {
    return this.#asked(options, () => this.#engine.identify());
  }

  async read(keys: Keys, options?: CallOptions): Promise<Snapshot> {
    return this.#asked(options, () => this.#engine.read(keys));
  }

  async transact(
    conditions: readonly Condition[],
    changes: readonly Change[],
    options?: CallOptions,
  ): Promise<Outcome> {
    return this.#asked(options, () => this.#engine.transact(conditions, changes));
  }

  async grant(seconds: number, options?: CallOptions): Promise<LeaseId> {
    return this.#asked(options, () => this.#engine.grant(seconds));
  }

  async renew(lease: LeaseId, options?: CallOptions): Promise<boolean> {
    return this.#asked(options, () => this.#engine.renew(lease));
  }

  async revoke(lease: LeaseId, options?: CallOptions): Promise<void> {
    this.#asked(options, () => this.#engine.revoke(lease));
  }

  async *watch(keys: Keys, from: Revision, options: CallOptions = {}): AsyncIterable<Batch> {
    const queue = new Queue<Batch>();
    const end = this.#engine.watch(keys, from, (batch) => queue.put(batch));
    try {
      yield* queue.all(options.signal);
    } finally {
      end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #asked<T>(options: CallOptions | undefined, question: () => T): T {
    if (options?.signal?.aborted === true) throw new StoreError("aborted", "the call was ended");
    return question();
  }
}
