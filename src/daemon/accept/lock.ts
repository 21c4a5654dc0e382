import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type Fd, flock, LOCK_EX, LOCK_NB, O_CREAT, O_RDWR, open } from "../../kernel/sys/index.ts";

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
    return new DaemonLock(path, open(path, O_RDWR | O_CREAT, 0o600));
  }

  /** Takes the lock; false when another process has it. */
  take(): boolean {
    if (!flock(this.#fd, LOCK_EX | LOCK_NB)) return false;
    writeFileSync(this.#path, `${process.pid}\n`);
    return true;
  }

  /** PID of the process that has the lock, as it wrote; undefined when it wrote none. */
  holder(): number | undefined {
    const pid = Number(readFileSync(this.#path, "utf8").trim());
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
