import { statSync } from "node:fs";

/** Looks at the files of namespaces, a few at a time: each look is a system call. */
export class NetnsRound {
  /** What each path led to when it was looked at last; absent before that. */
  #inodes = new Map<string, number | undefined>();
  #paths: readonly string[] = [];
  #at = 0;

  /** These from now on; what is known of them stays. */
  follow(paths: readonly string[]): void {
    const inodes = this.#inodes;
    this.#paths = paths;
    this.#inodes = new Map();
    for (const path of paths) {
      if (inodes.has(path)) this.#inodes.set(path, inodes.get(path));
    }
  }

  /** Looks at the next ones; whether any of them leads elsewhere than at the look before, or nowhere. */
  hasMoved(count: number): boolean {
    let hasMoved = false;
    for (let left = Math.min(count, this.#paths.length); left > 0; left--) {
      const path = this.#paths[this.#at % this.#paths.length] ?? "";
      this.#at = (this.#at + 1) % this.#paths.length;
      const inode = inodeOf(path);
      const isKnown = this.#inodes.has(path);
      // What was there a moment ago, and is not at the first look, has gone meanwhile.
      hasMoved ||= isKnown ? this.#inodes.get(path) !== inode : inode === undefined;
      this.#inodes.set(path, inode);
    }
    return hasMoved;
  }
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.ino;
  } catch {
    return undefined;
  }
}
