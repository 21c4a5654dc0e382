import { releaseCode } from "../kernel/sys/index.ts";

/** So long nobody has called when memory is given back, in milliseconds. */
const REST_MS = 2000;
/** With so many bytes there is nothing that is worth it: just started it has 45 MiB. */
const ENOUGH = 64 * 1024 * 1024;

/**
 * Gives memory back when nobody has called for a while. What was compiled is kept, at a few MiB:
 * the next call would take four times as long without it.
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
  if (process.memoryUsage.rss() <= ENOUGH) return;
  Bun.gc(true);
  if (process.memoryUsage.rss() > ENOUGH) releaseCode();
}
