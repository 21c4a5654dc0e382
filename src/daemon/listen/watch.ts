import { lstatSync } from "node:fs";

/** How often is looked, in milliseconds. */
const LOOK_MS = 5000;

/** Notices when a socket is not at its path any more: somebody emptied the directory. */
export class SocketWatch implements Disposable {
  readonly #path: string;
  readonly #ino: number | undefined;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(path: string) {
    this.#path = path;
    this.#ino = inodeOf(path);
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
    if (this.#ino === undefined || inodeOf(this.#path) !== undefined) return;
    this.#lost.abort(new Error(`the socket ${this.#path} is gone`));
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.ino;
  } catch {
    return undefined;
  }
}
