import { constants, lstatSync, mkdirSync } from "node:fs";
import { errnoName } from "../../base/index.ts";
import {
  Fd,
  type FileRange,
  fstat,
  lockingProcess,
  lockProcess,
  unlockProcess,
} from "../../kernel/sys/index.ts";
import { ForeignFile, openOwn } from "../../state/files/index.ts";

const POLL_MS = 50;
/** The byte whose lock the daemon has, and the one of the process that waits to be the next daemon. */
const DAEMON: FileRange = { start: 0, length: 1 };
const NEXT: FileRange = { start: 1, length: 1 };

/**
 * The locks that make a process the node's daemon, or the next one. The kernel says which process has
 * a lock and releases it when that process ends, so that a number is never taken for a process that
 * is gone: nothing is written into the file.
 *
 * There is one next daemon at a time. Each newcomer asks the one before it to end, and of several the
 * last stays.
 */
export class DaemonLock implements Disposable {
  readonly path: string;
  readonly #fd: Fd;
  readonly #asked: (pid: number) => void;

  private constructor(path: string, fd: Fd, asked: (pid: number) => void) {
    this.path = path;
    this.#fd = fd;
    this.#asked = asked;
  }

  /** `asked` is called for each process that is asked to end. */
  static open(directory: string, asked: (pid: number) => void = () => undefined): DaemonLock {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = `${directory}/daemon.lock`;
    const fd = new Fd(openOwn(path, constants.O_RDWR | constants.O_CREAT, 0o600));
    // The file must not have another name: a process that is no daemon might hold its locks there.
    if (fstat(fd).nlink <= 1n) return new DaemonLock(path, fd, asked);
    fd.close();
    throw new ForeignFile(path, "has another name, too");
  }

  /** The process that is the daemon or waits to be; undefined when there is none. */
  get holder(): number | undefined {
    return lockingProcess(this.#fd, NEXT) ?? lockingProcess(this.#fd, DAEMON);
  }

  /** Whether the path still leads to the locked file: another one would have a daemon of its own. */
  isInPlace(): boolean {
    try {
      const [there, { dev, ino }] = [lstatSync(this.path, { bigint: true }), fstat(this.#fd)];
      return there.ino === ino && there.dev === dev;
    } catch (error) {
      return !["ENOENT", "ENOTDIR"].includes(errnoName(error));
    }
  }

  /** Becomes the daemon when there is none, and none waits to be it. */
  takeAlone(): boolean {
    if (!lockProcess(this.#fd, NEXT)) return false;
    const isTaken = lockProcess(this.#fd, DAEMON);
    unlockProcess(this.#fd, NEXT);
    return isTaken;
  }

  /** Becomes the next daemon, in the place of the one that waits already; false when the signal comes first. */
  async queue(signal: AbortSignal): Promise<boolean> {
    return await this.#take(NEXT, signal);
  }

  /** The next daemon becomes the daemon when the one before has ended; false when the signal comes first. */
  async succeed(signal: AbortSignal): Promise<boolean> {
    if (!(await this.#take(DAEMON, signal))) return false;
    unlockProcess(this.#fd, NEXT);
    return true;
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }

  async #take(range: FileRange, signal: AbortSignal): Promise<boolean> {
    let asked: number | undefined;
    while (!signal.aborted) {
      if (lockProcess(this.#fd, range)) return true;
      const holder = lockingProcess(this.#fd, range);
      if (holder !== undefined && holder !== asked) this.#ask(holder);
      asked = holder;
      await Bun.sleep(POLL_MS);
    }
    return false;
  }

  /** Asks the process that has the lock at this moment to end. */
  #ask(pid: number): void {
    if (pid === 0) {
      throw new Error("another daemon runs, in another PID namespace: it has to be ended there");
    }
    try {
      process.kill(pid, "SIGTERM");
      this.#asked(pid);
    } catch (error) {
      if (errnoName(error) !== "ESRCH") throw error; // it has just ended
    }
  }
}
