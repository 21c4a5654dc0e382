import { lstatSync } from "node:fs";

/** How often is looked, in milliseconds. */
const LOOK_MS = 5000;

/** Notices when a socket is not at its path any more: somebody emptied the directory. */
export class SocketWatch implements Disposable {
  readonly #path: string;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** The socket is there by the first look. Without a path, "", there is nothing to lose. */
  constructor(path: string) {
    this.#path = path;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Aborted when the path leads nowhere; another daemon's socket there is no loss. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (this.#path === "" || isThere(this.#path)) return;
    this.#lost.abort(new Error(`the socket ${this.#path} is gone`));
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
