import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import { errnoName } from "../../base/index.ts";
import { DirectoryWatch } from "../../state/watch/index.ts";

/** The thing is made within this time, in milliseconds; without inotify it is looked for as often. */
const OFTEN_MS = 5000;
/** Delay before the look after an event, so that a directory being emptied settles, in milliseconds. */
const SETTLE_MS = 50;

/** Notices when something is not at its path any more, as after its directory was emptied. */
export class PathWatch implements Disposable {
  readonly #path: string;
  readonly #isInPlace: () => boolean;
  readonly #lost = new AbortController();
  readonly #stack = new DisposableStack();
  #wasInPlace = false;

  /**
   * Expects the thing to be made within seconds. With the path "" nothing is watched.
   * @param isInPlace by default, whether anything is at the path: a socket of another daemon is no loss
   */
  constructor(path: string, isInPlace: () => boolean = () => isThere(path)) {
    this.#path = path;
    this.#isInPlace = isInPlace;
    if (path === "") return;
    this.#stack.use(
      new DirectoryWatch(dirname(path), {
        ...{ settleMs: SETTLE_MS, makes: false, lookMs: OFTEN_MS },
        changed: () => this.#look(),
      }),
    );
    const timer = setTimeout(() => {
      this.#wasInPlace = true;
      this.#look();
    }, OFTEN_MS);
    this.#stack.defer(() => clearTimeout(timer));
    this.#look(); // it may have gone just before
  }

  /** Aborted when it is not in place. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #look(): void {
    const isInPlace = this.#isInPlace();
    if (!isInPlace && this.#wasInPlace) {
      this.#stack.dispose();
      this.#lost.abort(new Error(`${this.#path} is gone`));
    }
    this.#wasInPlace ||= isInPlace;
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
