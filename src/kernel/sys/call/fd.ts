import { libc } from "./library.ts";

/**
 * A file descriptor with an owner and an end. Hold it by `using`, or close it.
 * After that its number can no longer be read: the kernel may have given it to another file.
 */
export class Fd implements Disposable {
  #number: number;

  constructor(number: number) {
    if (!Number.isInteger(number) || number < 0) throw new RangeError(`no descriptor: ${number}`);
    this.#number = number;
  }

  get number(): number {
    if (this.#number === -1) throw new Error("file descriptor is closed");
    return this.#number;
  }

  get closed(): boolean {
    return this.#number === -1;
  }

  /** Closes once; further calls do nothing. On Linux the number is free even after EINTR. */
  close(): void {
    if (this.#number === -1) return;
    const number = this.#number;
    this.#number = -1;
    libc().close(number);
  }

  /** Gives the number away: the taker closes it. */
  release(): number {
    const number = this.number;
    this.#number = -1;
    return number;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
