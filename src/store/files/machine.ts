/** Files are for the processes of one machine: another machine that reaches the directory is refused. */
import { constants } from "node:fs";
import { join } from "node:path";
import { errorText } from "../../base/index.ts";
import { Fd, flock, LOCK_EX, LOCK_NB, LOCK_SH } from "../../kernel/sys/index.ts";
import { moveIntoPlace, openOwn, readIfThere, writeAside } from "../../state/files/index.ts";
import { StoreError } from "../index.ts";

const FILE_MODE = 0o600;
/** Starts of machines that are remembered: one that was succeeded is over, or not on this machine. */
const STARTS_MAX = 64;

/**
 * Which start of a machine uses a directory. Each process that does has a shared lock as long as it lives. A start
 * of the machine ends all of them, so the next one succeeds the one before; while one lives, no other does. Where
 * locks do not reach from machine to machine, the one that was succeeded sees it, and is refused from then on.
 */
export class MachineHold implements Disposable {
  readonly #directory: string;
  readonly #boot: string;
  #fd: Fd | undefined;

  /** @param boot of this start of the machine; "" where the kernel does not tell, which is not judged */
  constructor(directory: string, boot: string) {
    this.#directory = directory;
    this.#boot = boot;
  }

  /** To be called under the lock of the directory, before anything is read. @throws StoreError */
  check(): void {
    if (this.#boot === "") return;
    const starts = this.#failing(() => (readIfThere(this.#path) ?? "").split("\n").filter(Boolean));
    const isOurs = starts.at(-1) === this.#boot;
    if (isOurs && this.#fd !== undefined) return;
    if (!isOurs && starts.includes(this.#boot)) throw this.#refused("has gone on with it");
    this.#release();
    if (!this.#lock(LOCK_SH)) throw this.#refused("is about to use it");
    if (isOurs) return;
    // Under the directory's lock no process of this start holds it exclusively but this one.
    if (!this.#lock(LOCK_EX)) {
      this.#release();
      throw this.#refused("uses it");
    }
    this.#failing(() => this.#write([...starts, this.#boot].slice(-STARTS_MAX)));
    this.#release();
    this.#lock(LOCK_SH);
  }

  [Symbol.dispose](): void {
    this.#release();
  }

  get #path(): string {
    return join(this.#directory, "machine");
  }

  #lock(kind: number): boolean {
    return this.#failing(() => {
      this.#fd ??= new Fd(openOwn(this.#path, constants.O_RDONLY | constants.O_CREAT, FILE_MODE));
      return flock(this.#fd, kind | LOCK_NB);
    });
  }

  #write(starts: readonly string[]): void {
    writeAside(`${this.#path}.new`, `${starts.join("\n")}\n`);
    moveIntoPlace(`${this.#path}.new`, this.#path);
  }

  #release(): void {
    this.#fd?.close();
    this.#fd = undefined;
  }

  #refused(what: string): StoreError {
    return new StoreError(
      "refused",
      `the store in ${this.#directory} is for the nodes of one machine, and another machine, or start of this ` +
        `one, ${what}: a fleet of several machines needs etcd; where only this one is left, remove ${this.#path}`,
    );
  }

  #failing<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      const text = `the store in ${this.#directory}: ${errorText(cause)}`;
      throw new StoreError("unreachable", text, { cause });
    }
  }
}
