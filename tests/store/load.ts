import { type Store, StoreError, under } from "../../src/store/index.ts";
import { until } from "../support/until.ts";
import { revisionOf, Watched } from "./watched.ts";

const PAUSE_MS = 3;

/** Changes a new key every few milliseconds and watches them all, while a test does something to the store. */
export class Load implements AsyncDisposable {
  readonly watched: Watched;
  /** Keys whose change was answered. */
  readonly acknowledged: string[] = [];
  readonly errors: StoreError[] = [];
  /** Of one change, in milliseconds. */
  longest = 0;
  readonly #store: Store;
  readonly #prefix: string;
  readonly #running: Promise<void>;
  #isOver = false;

  constructor(store: Store, prefix: string = "/hawser/load/") {
    this.#store = store;
    this.#prefix = prefix;
    this.watched = Watched.start(store, under(prefix), 1n);
    this.#running = this.#run();
  }

  /** Waits until so many more changes were answered. */
  async progress(count: number, withinMs: number): Promise<void> {
    const goal = this.acknowledged.length + count;
    const missing = (): number => goal - this.acknowledged.length;
    const told = (): string => `${missing()} of ${count} changes: ${String(this.errors.at(-1))}`;
    await until(told, () => missing() <= 0, withinMs);
  }

  /** Ends it; gives what the watch missed, had twice or out of order, and answered changes that are lost. */
  async end(): Promise<{ missed: string[]; twice: number; disorder: number; lost: string[] }> {
    this.#isOver = true;
    await this.#running;
    const { entries, revision } = await this.#store.read(under(this.#prefix));
    await this.watched.reached(entries.at(-1) === undefined ? 0n : highest(entries), Bun.sleep);
    const revisions = this.watched.events.map(revisionOf);
    const heard = new Set(
      this.watched.events.map((event) => (event.kind === "put" ? event.entry.key : "")),
    );
    const stored = new Set(entries.map(({ key }) => key));
    return {
      missed: [...stored].filter((key) => !heard.has(key)),
      twice: revisions.length - new Set(revisions).size,
      disorder: revisions.filter((each, at) => at > 0 && each <= (revisions[at - 1] ?? 0n)).length,
      lost: this.acknowledged.filter((key) => !stored.has(key) || revision === 0n),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#running;
    await this.watched[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    for (let count = 0; !this.#isOver; count++) {
      const key = `${this.#prefix}${count}`;
      const begin = performance.now();
      try {
        await this.#store.transact([{ key, is: "absent" }], [{ put: key, value: "x" }]);
        this.acknowledged.push(key);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.errors.push(error);
      }
      this.longest = Math.max(this.longest, performance.now() - begin);
      await Bun.sleep(PAUSE_MS);
    }
  }
}

function highest(entries: readonly { readonly revision: bigint }[]): bigint {
  const revisions = entries.map(({ revision }) => revision).sort((a, b) => (a < b ? -1 : 1));
  return revisions.at(-1) ?? 0n;
}
