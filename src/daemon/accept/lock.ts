import { constants, ftruncateSync, mkdirSync, writeSync } from "node:fs";
import { Fd, flock, fstat, LOCK_EX, LOCK_NB } from "../../kernel/sys/index.ts";
import { ForeignFile, openOwn, readOwn } from "../../state/files/index.ts";

const POLL_MS = 100;

/** The lock that makes a process the node's daemon; the kernel releases it when the process ends. */
export class DaemonLock implements Disposable {
  readonly #path: string;
  readonly #fd: Fd;

  private constructor(path: string, fd: Fd) {
    this.#path = path;
    this.#fd = fd;
  }

  static open(directory: string): DaemonLock {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = `${directory}/daemon.lock`;
    const fd = new Fd(openOwn(path, constants.O_RDWR | constants.O_CREAT, 0o600));
    // It is written, and must not be taken away: another process may hold it.
    if (fstat(fd).nlink <= 1n) return new DaemonLock(path, fd);
    fd.close();
    throw new ForeignFile(path, "has another name, too");
  }

  /** Takes the lock; false when another process has it. */
  take(): boolean {
    if (!flock(this.#fd, LOCK_EX | LOCK_NB)) return false;
    // By the descriptor that holds the lock: it is the very file that is locked.
    ftruncateSync(this.#fd.number);
    writeSync(this.#fd.number, `${process.pid}\n`, 0);
    return true;
  }

  /** PID of the process that has the lock, as it wrote; undefined when it wrote none. */
  holder(): number | undefined {
    const pid = Number(readOwn(this.#path).trim());
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  }

  /** Resolves when the other process has ended; false when the signal came first. */
  async wait(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (this.take()) return true;
      await Bun.sleep(POLL_MS);
    }
    return false;
  }

  [Symbol.dispose](): void {
    this.#fd.close();
  }
}
