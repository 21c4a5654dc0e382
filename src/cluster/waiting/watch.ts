import { type FSWatcher, mkdirSync, watch } from "node:fs";

/** Pauses between two looks without inotify and with it, in milliseconds. */
const OFTEN_MS = 500;
const RARELY_MS = 60_000;
const DIRECTORY_MODE = 0o700;
/**
 * A watch that gathers changes for as long as that, in milliseconds, hears nothing meanwhile: each change of a busy
 * directory would wake this process, which has better things to do than to hear of it.
 */
const DEAF_FROM_MS = 100;

export interface WatchOptions {
  /** So long changes are gathered, in milliseconds. */
  readonly settleMs: number;
  /** Called after changes, and now and then without any. */
  readonly changed: () => void;
  /** The only name in the directory whose changes count. */
  readonly name?: string;
  /** False: the directory is another program's, and need not be there. */
  readonly makes?: boolean;
}

/**
 * Notices changes in a directory, which is made when it is missing. Where inotify(7) has no watch left,
 * or the directory is replaced, it looks at intervals.
 */
export class DirectoryWatch implements Disposable {
  readonly #path: string;
  readonly #options: WatchOptions;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(path: string, options: WatchOptions) {
    this.#path = path;
    this.#options = options;
    this.#begin();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#watcher?.close();
    clearTimeout(this.#timer);
    clearTimeout(this.#settling);
  }

  #begin(): void {
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
    try {
      const { makes = true } = this.#options;
      if (makes) mkdirSync(this.#path, { recursive: true, mode: DIRECTORY_MODE });
      this.#watcher = watch(this.#path, (_, name) => this.#heard(name));
      this.#watcher.on("error", () => this.#lost());
    } catch {
      // The looks at intervals remain, and try again.
    }
    const isRare = this.#watcher !== undefined || this.#options.makes === false;
    // A new watch each time: the one before may be that of a directory that is gone.
    this.#timer = setTimeout(
      () => {
        this.#options.changed();
        this.#begin();
      },
      isRare ? RARELY_MS : OFTEN_MS,
    );
  }

  #lost(): void {
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#timer = setTimeout(() => {
      this.#options.changed();
      this.#begin();
    }, OFTEN_MS);
  }

  #heard(name: string | null): void {
    const wanted = this.#options.name;
    if (wanted !== undefined && name !== null && name !== wanted) return;
    if (this.#settling !== undefined) return;
    const { settleMs } = this.#options;
    const isDeaf = settleMs >= DEAF_FROM_MS;
    if (isDeaf) this.#watcher?.close();
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      // What changes from here on is heard; what changed before is seen now.
      if (isDeaf) this.#begin();
      this.#options.changed();
    }, settleMs);
  }
}
