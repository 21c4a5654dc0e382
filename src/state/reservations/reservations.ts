import { lstatSync, readdirSync, statSync, unlinkSync, utimesSync } from "node:fs";
import { errnoName } from "../../base/index.ts";
import { CniError, MAX_CONTAINER_ID_LENGTH } from "../../spec/index.ts";
import { ForeignFile, readOwn, readShortOwn } from "../files/index.ts";
import { ioFailure, orIoFailure } from "./failure.ts";
import {
  decodeHolder,
  encodeHolder,
  type Holder,
  type Holding,
  isHeldBy,
  isOldHolder,
} from "./holder.ts";
import type { Register } from "./register/index.ts";
import { TimeSlicer } from "./time-slicer.ts";
import { createReservation } from "./write.ts";

// Enough for any container ID but the longest, in bytes.
const USUAL_CONTENT = 1024;
// A container ID, an interface name and white space; a longer file is not a reservation.
const LONGEST_CONTENT = MAX_CONTAINER_ID_LENGTH + 64;

// Clocks of file systems and of processes may differ by that much.
const CLOCK_STEP_MS = 1000;

// What an address can look like; keeps `lock` and `last_reserved_ip.N` out.
const ADDRESS_NAME = /^[0-9a-fA-F:.]+$/;

// So many names are looked at one by one before all are listed.
const PROBES = 64;

/**
 * The reservations of one network, as seen at one instant: names are listed at most once, and no
 * file is read twice. Where the register knows an attachment's addresses, neither is done. A caller
 * that changes something holds the directory's lock, and calls `commit` in the end.
 */
export class Reservations {
  readonly path: string;
  readonly #seenAt: number;
  readonly #register: Register;
  readonly #isLocked: boolean;
  readonly #holders = new Map<string, Holder | undefined>();
  /** Made for the first file that is read. */
  #buffer: Buffer | undefined;
  #names: Set<string> | undefined;
  #probes = 0;
  /** Every reservation was read, and none was unreadable. */
  #isSurveyed = false;
  /** Another process changes reservations without taking the lock. */
  #hasForeignWriter = false;

  /**
   * `seenAt` (milliseconds of the wall clock) is when the lock was taken: an empty file older than
   * that has no writer any more. Without the lock nothing is changed.
   */
  constructor(path: string, seenAt: number, register: Register, isLocked = true) {
    this.path = path;
    this.#seenAt = seenAt;
    this.#register = register;
    this.#isLocked = isLocked;
  }

  /**
   * File names of all addresses, in no order.
   * @throws CniError of code 5
   */
  get names(): ReadonlySet<string> {
    return this.#list();
  }

  /**
   * Whether there is a file of this name.
   * @throws CniError of code 5
   */
  has(name: string): boolean {
    if (this.#names !== undefined || this.#probes === PROBES) return this.#list().has(name);
    this.#probes++;
    const path = `${this.path}/${name}`;
    const what = `cannot look for reservation ${path}`;
    return orIoFailure(what, () => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
  }

  /**
   * The holder of the address of this file name; undefined when there is no such file.
   * @throws CniError of code 5 when the file cannot be read
   */
  holder(name: string): Holder | undefined {
    if (this.#holders.has(name)) return this.#holders.get(name);
    const holder = this.#read(name);
    this.#holders.set(name, holder);
    return holder;
  }

  /** Reads ahead what will be read, which is nothing while the register knows the reservations. */
  async prepare(): Promise<void> {
    if (!this.#register.knows) await this.readAhead();
  }

  /**
   * Reads every reservation while this process does other things, too. A file that cannot be read
   * is left to the call that needs it.
   */
  async readAhead(): Promise<void> {
    const slicer = new TimeSlicer();
    for (const name of this.names) {
      await slicer.next();
      try {
        this.holder(name);
      } catch {
        // It is read once more, and reported then.
      }
    }
  }

  /** Every address with its holder; files that cannot be read go to `onError` instead. */
  *holders(onError: (error: CniError) => void): Generator<[name: string, holder: Holder]> {
    let isWhole = true;
    for (const name of this.names) {
      let holder: Holder | undefined;
      try {
        holder = this.holder(name);
      } catch (error) {
        isWhole = false;
        onError(CniError.from(error));
      }
      if (holder !== undefined) yield [name, holder];
    }
    this.#isSurveyed = isWhole;
  }

  /**
   * What the attachment holds, and what its container holds in the old form without interface.
   * Files that cannot be read go to `onError`.
   */
  heldBy(holding: Holding, onError: (error: CniError) => void): [name: string, holder: Holder][] {
    const isOurs = (holder: Holder): boolean =>
      isHeldBy(holder, holding) || isOldHolder(holder, holding);
    const { containerId } = holding;
    const known = this.#registered(
      { kind: "attachment", ...holding },
      { kind: "container", containerId },
    );
    const isRight = known?.every(([, holder]) => isOurs(holder)) === true;
    return isRight ? known : this.#all(isOurs, onError);
  }

  /** File names that no attachment holds: their writers died. */
  vacant(): Set<string> {
    // One broken file must not stop all allocation: it stays taken.
    const overlook = (): void => {};
    const isFree = ({ kind }: Holder): boolean => kind === "vacant";
    const known = this.#registered({ kind: "vacant" })?.filter(([, holder]) => isFree(holder));
    return new Set((known ?? this.#all(isFree, overlook)).map(([name]) => name));
  }

  /** From now on every file is read; tells whether that was not so before. */
  distrust(): boolean {
    return this.#register.distrust();
  }

  /**
   * Reserves an address; false when its file exists.
   * @throws CniError of code 5
   */
  create(name: string, holding: Holding): boolean {
    const holder: Holder = { kind: "attachment", ...holding };
    let isCreated: boolean;
    try {
      isCreated = createReservation(this.path, name, encodeHolder(holding));
    } catch (error) {
      // What is there now is not known.
      this.#register.distrust();
      throw error;
    }
    if (isCreated) {
      this.#holders.set(name, holder);
      this.#register.note(holder, name);
    } else {
      this.#leaveUnregistered();
    }
    this.#names?.add(name);
    return isCreated;
  }

  /**
   * Removes a reservation; fine when it is gone already.
   * @throws CniError of code 5
   */
  remove(name: string): void {
    const path = `${this.path}/${name}`;
    try {
      unlinkSync(path);
    } catch (error) {
      if (errnoName(error) !== "ENOENT") {
        throw ioFailure(`cannot remove reservation ${path}`, error);
      }
    }
    const holder = this.#holders.get(name);
    if (holder !== undefined) this.#register.forget(holder, name);
    this.#names?.delete(name);
    this.#holders.delete(name);
  }

  /** After work that failed: lets the register, if it was right, tell what is here now. */
  seal(): void {
    this.#register.seal();
  }

  /** After all work: lets the register tell what is here now. Never fails. */
  async commit(): Promise<void> {
    if (!this.#isSurveyed || this.#hasForeignWriter || this.#register.knows) {
      this.seal();
      return;
    }
    const all = [...this.#holders].flatMap(([name, holder]) =>
      holder === undefined ? [] : [[name, holder] as const],
    );
    await this.#register.rewrite(all);
  }

  /** What the register says, with the holders that the files name; undefined when it is wrong. */
  #registered(...sought: readonly Holder[]): [name: string, holder: Holder][] | undefined {
    const found: [name: string, holder: Holder][] = [];
    for (const wanted of sought) {
      const names = this.#register.find(wanted);
      if (names === undefined) return undefined;
      for (const name of names) {
        const holder = ADDRESS_NAME.test(name) ? this.#tryHolder(name) : undefined;
        if (holder === undefined) return undefined;
        found.push([name, holder]);
      }
    }
    return found;
  }

  /** The same by reading every file, since the register does not know. */
  #all(
    isSought: (holder: Holder) => boolean,
    onError: (error: CniError) => void,
  ): [name: string, holder: Holder][] {
    this.#register.distrust();
    const found: [name: string, holder: Holder][] = [];
    for (const entry of this.holders(onError)) if (isSought(entry[1])) found.push(entry);
    return found;
  }

  #tryHolder(name: string): Holder | undefined {
    try {
      return this.holder(name);
    } catch {
      return undefined;
    }
  }

  /** What is seen now may be another thing in a moment: the register must not tell it. */
  #leaveUnregistered(): void {
    this.#hasForeignWriter = true;
    this.#register.distrust();
  }

  #list(): Set<string> {
    return orIoFailure(`cannot list reservations in ${this.path}`, () => {
      this.#names ??= new Set(readdirSync(this.path).filter((name) => ADDRESS_NAME.test(name)));
      return this.#names;
    });
  }

  #read(name: string): Holder | undefined {
    const path = `${this.path}/${name}`;
    try {
      const holder = decodeHolder(this.#content(path));
      if (holder.kind === "vacant" && this.#isBeingWritten(path)) {
        this.#leaveUnregistered();
        return { kind: "unknown" };
      }
      return holder;
    } catch (error) {
      if (error instanceof ForeignFile) return { kind: "unknown" };
      if (errnoName(error) === "ENOENT") return undefined;
      throw ioFailure(`cannot read reservation ${path}`, error);
    }
  }

  /** @throws ForeignFile for what is no reservation: no regular file, or far too long. */
  #content(path: string): string {
    this.#buffer ??= Buffer.allocUnsafe(USUAL_CONTENT);
    return readShortOwn(path, this.#buffer) ?? readOwn(path, LONGEST_CONTENT);
  }

  /**
   * A writer that does not take the lock may be between creating the file and writing it. A time that
   * is still to come was noted before the clock was set back: it is put right, so that the next call
   * knows.
   */
  #isBeingWritten(path: string): boolean {
    const { mtimeMs } = statSync(path);
    const now = Date.now();
    if (this.#isLocked && mtimeMs > now + CLOCK_STEP_MS) putTime(path, now);
    return mtimeMs > this.#seenAt;
  }
}

/** On a file system that cannot be written, nothing is handed out either. */
function putTime(path: string, nowMs: number): void {
  try {
    utimesSync(path, nowMs / 1000, nowMs / 1000);
  } catch {
    // The next call tries again.
  }
}
