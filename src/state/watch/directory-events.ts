import { existsSync, type FSWatcher, watch } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { errnoName } from "../../base/index.ts";

/** Errors of a directory in which this process can see no change: it is not there, or not to be read. */
const NOTHING_SEEN: readonly string[] = ["ENOENT", "ENOTDIR", "EACCES", "EPERM", "ELOOP"];
/** Directories that come and go while they are looked for are looked for so often. */
const TRIES_MAX = 8;

/**
 * Hears of changes in a directory by inotify(7). While the directory is not there, it is waited for in the
 * nearest one above it that is: nothing is looked at again and again.
 */
export class DirectoryEvents implements Disposable {
  readonly #path: string;
  readonly #heard: (name: string | undefined) => void;
  #watcher: FSWatcher | undefined;
  /** The directory that is watched: the one that is meant, or one above it. */
  #place = "";
  #isOver = false;

  /** @param heard is called with the name in the directory; without one when the directory itself has come or gone */
  constructor(path: string, heard: (name: string | undefined) => void) {
    this.#path = path;
    this.#heard = heard;
    this.#begin();
  }

  /** Whether nothing can be heard, since inotify has no watch left: only looks tell. */
  get isDeaf(): boolean {
    return this.#watcher === undefined;
  }

  /** Whether the directory itself is watched. */
  get isThere(): boolean {
    return this.#watcher !== undefined && this.#place === this.#path;
  }

  /** Tries again where nothing could be heard. */
  retry(): void {
    if (this.isDeaf && !this.#isOver) this.#begin();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#close();
  }

  #close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #begin(): void {
    for (let tries = 0; tries < TRIES_MAX; tries++) if (this.#watchNearest()) return;
  }

  /** False where what is watched is not the nearest any more. */
  #watchNearest(): boolean {
    this.#close();
    let missing: string | undefined;
    for (let place = this.#path; ; place = dirname(place)) {
      try {
        this.#watcher = this.#watch(place);
        this.#place = place;
        // What came while the one above was not watched yet made no event.
        return missing === undefined || !existsSync(missing);
      } catch (error) {
        const reason = errnoName(error);
        if (!NOTHING_SEEN.includes(reason) || place === dirname(place)) return true;
        missing = reason === "ENOENT" ? place : undefined;
      }
    }
  }

  #watch(place: string): FSWatcher {
    const watcher = watch(place, { persistent: false }, (kind, name) => {
      if (this.#watcher === watcher) this.#took(place, kind, name ?? undefined);
    });
    watcher.on("error", () => {
      if (this.#watcher === watcher) this.#moved();
    });
    return watcher;
  }

  #took(place: string, kind: string, name: string | undefined): void {
    // The directory that is watched may have gone: one of the same name is another.
    const isOwn = name === undefined || name === basename(place);
    if (kind === "rename" && isOwn) {
      this.#moved();
    } else if (place === this.#path) {
      this.#heard(name);
    } else if (kind === "rename" && name === relative(place, this.#path).split("/", 1)[0]) {
      this.#moved();
    }
  }

  /** What is to be watched is another directory now, perhaps. */
  #moved(): void {
    const wasThere = this.isThere;
    this.#begin();
    if (wasThere || this.isThere) this.#heard(undefined);
  }
}
