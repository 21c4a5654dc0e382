import { mkdirSync } from "node:fs";
import { DirectoryEvents } from "./directory-events.ts";

/** Pauses between two looks without inotify, or without the directory, and with both; in milliseconds. */
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
 * it looks at intervals.
 */
export class DirectoryWatch implements Disposable {
  readonly #path: string;
  readonly #options: WatchOptions;
  #events: DirectoryEvents | undefined;
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
    this.#events?.[Symbol.dispose]();
    clearTimeout(this.#timer);
    clearTimeout(this.#settling);
  }

  #begin(): void {
    if (this.#isOver) return;
    this.#events?.[Symbol.dispose]();
    this.#make();
    this.#events = new DirectoryEvents(this.#path, (name) => this.#heard(name));
    // A new watch each time: the one before may be that of a directory that was moved with one above it.
    this.#lookIn(this.#events.isDeaf ? this.#deafMs : RARELY_MS);
  }

  #make(): void {
    if (this.#options.makes === false) return;
    try {
      mkdirSync(this.#path, { recursive: true, mode: DIRECTORY_MODE });
    } catch {
      // It is waited for, and made by a later look.
    }
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

  #heard(name: string | undefined): void {
    if (this.#isOver) return;
    const { counts, settleMs, makes = true } = this.#options;
    // One that has gone is made again after a while, since what has removed it may still be at it.
    if (makes && this.#events?.isThere === false) this.#lookIn(this.#deafMs);
    if (counts !== undefined && name !== undefined && !counts(name)) return;
    if (this.#settling !== undefined) return;
    const isDeaf = settleMs >= DEAF_FROM_MS;
    if (isDeaf) this.#events?.[Symbol.dispose]();
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      // What changes from here on is heard; what changed before is seen now.
      if (isDeaf) this.#begin();
      this.#options.changed();
    }, settleMs);
  }
}
