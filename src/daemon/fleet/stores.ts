import type { StoreOptions } from "../../cluster/config/index.ts";
import { CountedStore } from "../../cluster/index.ts";
import { openStore } from "../../cluster/store/index.ts";

interface Shared {
  readonly store: Promise<CountedStore>;
  users: number;
}

/** A network's use of a store. */
export interface StoreUse extends AsyncDisposable {
  readonly store: CountedStore;
}

/** One connection to each engine, which the networks on it share. */
export class Stores {
  readonly #shared = new Map<string, Shared>();

  /** @throws StoreError for certificates that cannot be read */
  async use(options: StoreOptions): Promise<StoreUse> {
    const key = JSON.stringify(options);
    const shared = this.#shared.get(key) ?? this.#open(key, options);
    shared.users++;
    try {
      const store = await shared.store;
      return { store, [Symbol.asyncDispose]: async () => await this.#leave(key, shared) };
    } catch (error) {
      await this.#leave(key, shared);
      throw error;
    }
  }

  #open(key: string, options: StoreOptions): Shared {
    const shared = { store: openStore(options).then((store) => new CountedStore(store)), users: 0 };
    this.#shared.set(key, shared);
    return shared;
  }

  async #leave(key: string, shared: Shared): Promise<void> {
    if (--shared.users > 0) return;
    this.#shared.delete(key);
    const store = await shared.store.catch(() => undefined);
    await store?.[Symbol.asyncDispose]();
  }
}
