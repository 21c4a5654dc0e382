import { closeSync, openSync, readdirSync, readSync, statSync, unlinkSync } from "node:fs";
import { decodeHolder, type Holder } from "./content.ts";
import { errnoOf, ioFailure } from "./failure.ts";

// Far more than a container ID and an interface name; a longer file is not a reservation.
const LONGEST_CONTENT = 4096;

// What an address can look like; keeps `lock` and `last_reserved_ip.N` out.
const ADDRESS_NAME = /^[0-9a-fA-F:.]+$/;

/**
 * The reservations of one network, as seen at one instant: names are listed once, and no file is
 * read twice. Whoever changes something must hold the directory's lock.
 */
export class ReservationDirectory {
  readonly path: string;
  /** File names of addresses, in no order. */
  readonly names: Set<string>;
  readonly #seenAt: number;
  readonly #holders = new Map<string, Holder | undefined>();
  readonly #buffer = Buffer.allocUnsafe(LONGEST_CONTENT);

  /**
   * Lists the directory. `seenAt` (milliseconds of the wall clock) is when the lock was taken:
   * an empty file older than that has no writer any more.
   * @throws CniError 5, or undefined from `tryOpen` when the directory does not exist
   */
  constructor(path: string, seenAt: number) {
    this.path = path;
    this.#seenAt = seenAt;
    try {
      this.names = new Set(readdirSync(path).filter((name) => ADDRESS_NAME.test(name)));
    } catch (error) {
      throw ioFailure(`cannot list reservations in ${path}`, error);
    }
  }

  /** Like the constructor, but undefined when the directory does not exist. */
  static tryOpen(path: string, seenAt: number): ReservationDirectory | undefined {
    try {
      return new ReservationDirectory(path, seenAt);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") {
        return undefined;
      }
      throw error;
    }
  }

  /**
   * Who holds the address of this file name; undefined when there is no such file.
   * @throws CniError 5 when the file cannot be read
   */
  holder(name: string): Holder | undefined {
    if (this.#holders.has(name)) {
      return this.#holders.get(name);
    }
    const holder = this.#read(name);
    this.#holders.set(name, holder);
    return holder;
  }

  /** Every address with its holder; files that cannot be read go to `onError` instead. */
  *holders(onError: (error: Error) => void): Generator<[name: string, holder: Holder]> {
    for (const name of this.names) {
      let holder: Holder | undefined;
      try {
        holder = this.holder(name);
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)));
      }
      if (holder !== undefined) {
        yield [name, holder];
      }
    }
  }

  /** Removes a reservation; fine when it is gone already. Throws CniError 5. */
  remove(name: string): void {
    const path = `${this.path}/${name}`;
    try {
      unlinkSync(path);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") {
        throw ioFailure(`cannot remove reservation ${path}`, error);
      }
    }
    this.names.delete(name);
    this.#holders.delete(name);
  }

  #read(name: string): Holder | undefined {
    const path = `${this.path}/${name}`;
    try {
      const text = this.#content(path);
      if (text === undefined) {
        return { kind: "unknown" };
      }
      const holder = decodeHolder(text);
      if (holder.kind === "nobody" && this.#isBeingWritten(path)) {
        return { kind: "unknown" };
      }
      return holder;
    } catch (error) {
      const code = errnoOf(error);
      if (code === "ENOENT") {
        return undefined;
      }
      if (code === "EISDIR") {
        return { kind: "unknown" };
      }
      throw ioFailure(`cannot read reservation ${path}`, error);
    }
  }

  #content(path: string): string | undefined {
    const fd = openSync(path, "r");
    try {
      const length = readSync(fd, this.#buffer, 0, LONGEST_CONTENT, 0);
      return length === LONGEST_CONTENT ? undefined : this.#buffer.toString("utf8", 0, length);
    } finally {
      closeSync(fd);
    }
  }

  /** Somebody who does not take the lock may be between creating the file and writing it. */
  #isBeingWritten(path: string): boolean {
    return statSync(path).mtimeMs > this.#seenAt;
  }
}
