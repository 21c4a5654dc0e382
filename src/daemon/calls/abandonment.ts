/** So long an operation other than ADD may go on without a caller, in milliseconds. */
export const ABANDONED_MS = 5000;

/**
 * Ends the work of a call whose caller has gone. An ADD is taken back at once. All other operations
 * get some time to come to their end, since no runtime repeats each of them; one that still waits
 * then, as for a lock that is never released, gives up its place.
 */
export class Abandonment implements Disposable {
  readonly #caller: AbortSignal;
  readonly #late: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(caller: AbortSignal, operation: string) {
    this.#caller = caller;
    if (operation === "ADD") return;
    this.#late = new AbortController();
    if (caller.aborted) this.#wait();
    else caller.addEventListener("abort", this.#wait, { once: true });
  }

  /** For the plugin. */
  get signal(): AbortSignal {
    return this.#late?.signal ?? this.#caller;
  }

  readonly #wait = (): void => {
    this.#timer = setTimeout(() => this.#late?.abort(this.#caller.reason), ABANDONED_MS);
  };

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener("abort", this.#wait);
  }
}
