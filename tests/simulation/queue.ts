/** Things in order, for the one that waits for them. */
export class Queue<T> {
  readonly #things: T[] = [];
  #error: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  put(thing: T): void {
    this.#things.push(thing);
    this.#wake();
  }

  /** After the things so far, the one that waits gets this error. */
  fail(error: unknown): void {
    this.#error ??= { error };
    this.#wake();
  }

  /** Everything that was put and will be, until the signal. */
  async *all(signal?: AbortSignal): AsyncGenerator<T> {
    const wake = (): void => this.#wake();
    signal?.addEventListener("abort", wake);
    try {
      while (signal?.aborted !== true) {
        const [thing] = this.#things.splice(0, 1);
        if (thing !== undefined) yield thing;
        else if (this.#error !== undefined) throw this.#error.error;
        else await this.#waiting();
      }
    } finally {
      signal?.removeEventListener("abort", wake);
    }
  }

  async #waiting(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
