/** Pause after the last call before garbage is collected, in milliseconds. */
const IDLE_MS = 2000;
/** With less resident memory a collection gains nothing: a daemon just started has 45 MiB. */
const ENOUGH = 64 * 1024 * 1024;

/**
 * Collects garbage when no call has come for a while: the unit switches the engine's own timer off,
 * since it wakes a sleeping process every second.
 */
export class IdleTrimmer implements Disposable {
  readonly #isBusy: () => boolean;
  #calledAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(isBusy: () => boolean) {
    this.#isBusy = isBusy;
  }

  /** To be called after each call; one timer serves many. */
  called(): void {
    this.#calledAt = performance.now();
    this.#timer ??= setTimeout(() => this.#look(), IDLE_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    const left = this.#calledAt + IDLE_MS - performance.now();
    this.#timer = undefined;
    if (this.#isBusy()) return; // the end of that call comes here
    if (left > 0) this.#timer = setTimeout(() => this.#look(), left);
    else trim();
  }
}

function trim(): void {
  if (process.memoryUsage.rss() > ENOUGH) Bun.gc(true);
}
