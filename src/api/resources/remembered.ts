import type { Look } from "../looks/index.ts";

interface Entry {
  readonly revision: string;
  readonly answer: Promise<unknown>;
}

/** Which answer is meant. */
export interface RememberedName {
  readonly name: string;
  readonly revision: string;
  /** How long it serves: what makes no event may change meanwhile. */
  readonly freshMs: number;
}

/** What a look has in common with those that see the same. */
export function momentOf({ revision, happened = 0 }: Look): string {
  return `${revision} ${happened}`;
}

/** Answers that cost much: each serves for the revision that it was made at, for a while. */
export class Remembered {
  readonly #entries = new Map<string, Entry>();
  readonly #isOfOneMoment: boolean;

  /** @param isOfOneMoment whether an answer serves however long it has been made */
  constructor(isOfOneMoment: boolean = false) {
    this.#isOfOneMoment = isOfOneMoment;
  }

  /** The answer by this name; made once for all that ask meanwhile, and for the time that it serves. */
  async of<T>({ name, revision, freshMs }: RememberedName, make: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(name);
    if (known?.revision === revision) return (await known.answer) as T;
    const answer = make();
    const entry: Entry = { revision, answer };
    this.#entries.set(name, entry);
    const forget = (): void => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
    };
    answer.catch(forget);
    if (!this.#isOfOneMoment) setTimeout(forget, freshMs).unref();
    return await answer;
  }
}
