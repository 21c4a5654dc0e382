import { constants, lstatSync, mkdirSync } from "node:fs";
import { Fd, flock, fstat, LOCK_EX, LOCK_NB } from "../../kernel/sys/index.ts";
import { openInPlace, orFailure } from "../../state/files/index.ts";
import type { ClusterPaths } from "../config/index.ts";

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * The lock that makes a process a network's member on this node. The kernel releases it when the
 * process ends, however it ends; the file stays.
 */
export class MemberLock implements Disposable {
  readonly #path: string;
  readonly #fd: Fd;

  private constructor(path: string, fd: Fd) {
    this.#path = path;
    this.#fd = fd;
  }

  /**
   * Undefined while another process, or another part of this one, has it.
   * @throws CniError of code 5 when the file cannot be made
   */
  static take({ directory, memberLock: path }: ClusterPaths): MemberLock | undefined {
    const fd = orFailure(`cannot lock ${path}`, undefined, () => {
      mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
      return new Fd(openInPlace(path, constants.O_RDWR | constants.O_CREAT, FILE_MODE));
    });
    const lock = new MemberLock(path, fd);
    try {
      if (flock(fd, LOCK_EX | LOCK_NB) && lock.isInPlace()) return lock;
    } catch (error) {
      fd.close();
      throw error;
    }
    fd.close();
    return undefined;
  }

  /** Whether the path still leads to the locked file: another one would have a member of its own. */
  isInPlace(): boolean {
    return (
      lstatSync(this.#path, { bigint: true, throwIfNoEntry: false })?.ino === fstat(this.#fd).ino
    );
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }
}
