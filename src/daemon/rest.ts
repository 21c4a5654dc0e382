/** So long nobody has called when memory is given back, in milliseconds. */
const REST_MS = 2000;
/** With so many bytes there is nothing that is worth it: just started it has 45 MiB. */
const ENOUGH = 64 * 1024 * 1024;

/**
 * Collects garbage when no call has come for a while: the unit switches the engine's own timer off,
 * since it wakes a sleeping process every second.
 */
export class Rest implements Disposable {
  readonly #isBusy: () => boolean;
  #calledAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(isBusy: () => boolean) {
    this.#isBusy = isBusy;
  }

  /** To be called after each call; one timer serves many. */
  called(): void {
    this.#calledAt = performance.now();
    this.#timer ??= setTimeout(() => this.#look(), REST_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    const left = this.#calledAt + REST_MS - performance.now();
    this.#timer = undefined;
    if (this.#isBusy()) return; // the end of that call comes here
    if (left > 0) this.#timer = setTimeout(() => this.#look(), left);
    else giveBack();
  }
}

function giveBack(): void {
  if (process.memoryUsage.rss() > ENOUGH) Bun.gc(true);
}
