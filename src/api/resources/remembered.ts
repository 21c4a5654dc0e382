/** How long an answer serves that what makes no event may change, in milliseconds. */
const FRESH_MS = 10_000;

interface Entry {
  readonly revision: string;
  readonly at: number;
  readonly answer: Promise<unknown>;
}

/** Answers that cost much: each serves for the revision that it was made at, for a while. */
export class Remembered {
  readonly #entries = new Map<string, Entry>();

  /** The answer by this name; made once for all that ask meanwhile. */
  async of<T>(name: string, revision: string, make: () => Promise<T>): Promise<T> {
    const now = performance.now();
    const known = this.#entries.get(name);
    if (known !== undefined && known.revision === revision && now - known.at < FRESH_MS) {
      return (await known.answer) as T;
    }
    const answer = make();
    const entry: Entry = { revision, at: now, answer };
    this.#entries.set(name, entry);
    const forget = (): void => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
    };
    answer.catch(forget);
    setTimeout(forget, FRESH_MS).unref();
    return await answer;
  }
}
