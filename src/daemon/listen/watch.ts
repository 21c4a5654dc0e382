import { type FSWatcher, lstatSync, watch } from "node:fs";
import { dirname } from "node:path";

/** When is looked where nobody tells of changes, and where the kernel does, in milliseconds. */
const OFTEN_MS = 5000;
const RARELY_MS = 60_000;
/** Who empties a directory has so long to finish, in milliseconds. */
const CALM_MS = 50;

/** Notices when a socket is not at its path any more: somebody emptied the directory. */
export class SocketWatch implements Disposable {
  readonly #path: string;
  readonly #lost = new AbortController();
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #calm: NodeJS.Timeout | undefined;

  /** The socket is there within seconds. Without a path, "", there is nothing to lose. */
  constructor(path: string) {
    this.#path = path;
    if (path !== "") this.#wait(isThere(path));
  }

  /** Aborted when the path leads nowhere; another daemon's socket there is no loss. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    clearTimeout(this.#timer);
    clearTimeout(this.#calm);
  }

  /** Has the kernel tell of changes once there is what may change, and looks by itself, too. */
  #wait(isThere: boolean): void {
    if (isThere && this.#watcher === undefined) {
      this.#watcher = watching(this.#path, () => this.#changed());
      this.#changed(); // it may have gone just before
    }
    this.#timer = setTimeout(
      () => this.#look(),
      this.#watcher === undefined ? OFTEN_MS : RARELY_MS,
    );
  }

  #changed(): void {
    clearTimeout(this.#calm);
    this.#calm = setTimeout(() => {
      if (!isThere(this.#path)) this.#lose();
    }, CALM_MS);
  }

  #look(): void {
    if (isThere(this.#path)) this.#wait(true);
    else this.#lose();
  }

  #lose(): void {
    this[Symbol.dispose]();
    this.#lost.abort(new Error(`the socket ${this.#path} is gone`));
  }
}

/** Undefined where the kernel tells nobody else of changes: inotify(7) has limits. */
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
    // A directory that is no more; but what cannot be looked at may be there.
    return (error as NodeJS.ErrnoException).code !== "ENOTDIR";
  }
}
