import { statSync } from "node:fs";

/** Any namespace of the kind, to know by its device what is one. */
const OWN = "/proc/self/ns/net";

/** Looks at the files of namespaces, a few at a time: each look is a system call. */
export class NetnsRound {
  readonly #device: number | undefined = statusOf(OWN)?.dev;
  /** What each path led to when it was looked at last; undefined where that was no namespace. */
  #inodes = new Map<string, number | undefined>();
  #paths: readonly string[] = [];
  #at = 0;

  /**
   * These from now on; what is known of them stays. A new one is looked at now: the next look may be the one that
   * its end brings about.
   * @returns whether a new one leads to no namespace, as when it has gone since a view saw it
   */
  follow(paths: readonly string[]): boolean {
    const known = this.#inodes;
    let isGone = false;
    this.#paths = paths;
    this.#inodes = new Map();
    for (const path of paths) {
      const isNew = !known.has(path);
      const inode = isNew ? this.#inodeOf(path) : known.get(path);
      isGone ||= isNew && inode === undefined;
      this.#inodes.set(path, inode);
    }
    return isGone;
  }

  /** Looks at the next ones; whether any of them leads elsewhere than at the look before. */
  hasMoved(count: number): boolean {
    let hasMoved = false;
    for (let left = Math.min(count, this.#paths.length); left > 0; left--) {
      const path = this.#paths[this.#at % this.#paths.length] ?? "";
      this.#at = (this.#at + 1) % this.#paths.length;
      const inode = this.#inodeOf(path);
      hasMoved ||= this.#inodes.get(path) !== inode;
      this.#inodes.set(path, inode);
    }
    return hasMoved;
  }

  #inodeOf(path: string): number | undefined {
    const status = statusOf(path);
    // A mount that goes leaves a plain file behind.
    return status?.dev === this.#device ? status?.ino : undefined;
  }
}

function statusOf(path: string): { readonly dev: number; readonly ino: number } | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
