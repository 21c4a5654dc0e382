import { type FSWatcher, mkdirSync, watch } from "node:fs";
import { basename } from "node:path";

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
  /** Whether changes of a name in the directory count; all do when absent. */
  readonly counts?: (name: string) => boolean;
  /** False: the directory is another's, and need not be there. */
  readonly makes?: boolean;
  /** Pause between two looks where nothing is heard, in milliseconds. */
  readonly lookMs?: number;
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
      this.#watcher = watch(this.#path, (kind, name) => this.#heard(kind, name));
      this.#watcher.on("error", () => this.#lost());
    } catch {
      // The looks at intervals remain, and try again.
    }
    // A new watch each time: the one before may be that of a directory that is gone.
    this.#lookIn(this.#watcher === undefined ? this.#deafMs : RARELY_MS);
  }

  get #deafMs(): number {
    return this.#options.lookMs ?? OFTEN_MS;
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#options.changed();
      this.#begin();
    }, ms);
  }

  #lost(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    if (!this.#isOver) this.#lookIn(this.#deafMs);
  }

  #heard(kind: string, name: string | null): void {
    const { counts, settleMs } = this.#options;
    // The directory itself may have gone: one of the same name is another.
    if (kind === "rename" && (name === null || name === basename(this.#path))) this.#lost();
    if (counts !== undefined && name !== null && !counts(name)) return;
    if (this.#settling !== undefined) return;
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
