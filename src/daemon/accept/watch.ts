import { type FSWatcher, lstatSync, watch } from "node:fs";
import { dirname } from "node:path";
import { errnoName } from "../../base/index.ts";

/** Pauses between two looks, without inotify and with it, in milliseconds. */
const OFTEN_MS = 5000;
const RARELY_MS = 60_000;
/** Delay before the look after an event, so that a directory being emptied settles, in milliseconds. */
const SETTLE_MS = 50;

/** Notices when something is not at its path any more, as after its directory was emptied. */
export class PathWatch implements Disposable {
  readonly #path: string;
  readonly #isInPlace: () => boolean;
  readonly #lost = new AbortController();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;

  /**
   * Expects the thing to be made within seconds. With the path "" nothing is watched.
   * @param isInPlace by default, whether anything is at the path: a socket of another daemon is no loss
   */
  constructor(path: string, isInPlace: () => boolean = () => isThere(path)) {
    this.#path = path;
    this.#isInPlace = isInPlace;
    if (path !== "") this.#wait(isInPlace());
  }

  /** Aborted when it is not in place. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    clearTimeout(this.#timer);
    clearTimeout(this.#settling);
  }

  /** Starts inotify once the thing is there, and plans the next look in any case. */
  #wait(isInPlace: boolean): void {
    if (isInPlace && this.#watcher === undefined) {
      this.#watcher = watching(this.#path, () => this.#changed());
      this.#changed(); // it may have gone just before
    }
    this.#timer = setTimeout(
      () => this.#look(),
      this.#watcher === undefined ? OFTEN_MS : RARELY_MS,
    );
  }

  #changed(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      if (!this.#isInPlace()) this.#lose();
    }, SETTLE_MS);
  }

  #look(): void {
    if (this.#isInPlace()) this.#wait(true);
    else this.#lose();
  }

  #lose(): void {
    this[Symbol.dispose]();
    this.#lost.abort(new Error(`${this.#path} is gone`));
  }
}

/** Undefined where no watch is left: inotify(7) has limits. */
function watching(path: string, changed: () => void): FSWatcher | undefined {
  try {
    return watch(dirname(path), changed).on("error", changed);
  } catch {
    return undefined;
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // Any error but this one leaves open whether it is there.
    return errnoName(error) !== "ENOTDIR";
  }
}
