/** Results that are remembered, and the longest text that one is remembered for, in characters. */
const MOST = 16;
const LONGEST = 64 * 1024;

/**
 * What was made of the last few texts. A text that comes again and again, as a network's configuration does
 * in the node daemon, is read once. What is made is never changed.
 */
export class Remembered<T> {
  readonly #made: Map<string, T> = new Map();

  /** @throws what `make` throws: a failure is not remembered */
  of(text: string, make: () => T): T {
    const known = this.#made.get(text);
    if (known !== undefined) return known;
    const made = make();
    if (text.length > LONGEST) return made;
    if (this.#made.size >= MOST) this.#made.clear();
    this.#made.set(text, made);
    return made;
  }
}
