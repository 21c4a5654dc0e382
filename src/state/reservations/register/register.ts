import { closeSync, constants, ftruncateSync, mkdirSync, readSync, writeSync } from "node:fs";
import { basename, dirname } from "node:path";
import { errnoName } from "../../../base/index.ts";
import { openInPlace, openOwn } from "../../files/index.ts";
import { readBootId } from "../../owner/index.ts";
import type { Holder } from "../holder.ts";
import { canBeStamped, freshStamp, putStamp, stateOf } from "./stamp.ts";
import {
  decodeHeader,
  decodeLine,
  encodeHeader,
  encodeLine,
  FREE,
  GONE,
  HEADER_SIZE,
  type Header,
  isRoomy,
  keyOf,
  LINE_SIZE,
  slotOf,
  tableOf,
} from "./text.ts";

// Starts with a dot, which no network name can.
const REGISTER_DIRECTORY = ".hawser";
/** Lines that are read at once; few searches need more. */
const WINDOW_LINES = 16;

/**
 * Which addresses an attachment has, without reading every reservation of the network: a hash table
 * in a file beside the network's directory. It only ever saves time. What holds at any moment:
 *
 * 1. The register decides nothing. A name that it gives counts once the reservation's own file says
 *    the same; an address is taken by creating its file, which fails where there is one.
 * 2. It is believed while the boot, the directory (device and inode) and the directory's time of
 *    change are those in its first line. The time is a stamp of our own, set after each change; a
 *    change by any other process makes it another.
 * 3. A stamp lies in the past with a fraction that is never 0: neither the kernel's clock nor a file
 *    system of whole seconds ever gives it. It is used once.
 * 4. The first line gets the new stamp before the directory does. Killed in between, the two differ,
 *    and the register knows nothing.
 * 5. Only a process that holds the directory's lock writes. A reader without the lock may find
 *    too little, so it takes a "no" from the files alone.
 * 6. It never fails: where it cannot be read or written, or is full, it knows nothing, and the next
 *    process with the lock reads all reservations and writes it anew.
 * 7. A quarter of its lines is free at least, so that each search ends.
 */
export class Register implements Disposable {
  readonly #directory: string;
  readonly #path: string;
  readonly #nowMs: number;
  #fd: number | undefined;
  /** There while the register tells the truth. */
  #header: Header | undefined;
  #isChanged = false;
  #window: { from: number; text: string } | undefined;

  /** Opens the register of a network's directory. `nowMs` is the wall clock. */
  constructor(directory: string, nowMs: number, access: "r" | "r+" = "r+") {
    this.#directory = directory;
    this.#path = `${dirname(directory)}/${REGISTER_DIRECTORY}/${basename(directory)}`;
    this.#nowMs = nowMs;
    try {
      this.#fd = access === "r" ? openOwn(this.#path) : openForChanges(this.#path, 0);
      const header = decodeHeader(this.#read(0, HEADER_SIZE));
      const state = stateOf(directory);
      const isTrue =
        header?.boot === readBootId() &&
        header.directory === state?.directory &&
        header.stamp === state.stamp;
      this.#header = isTrue ? header : undefined;
    } catch {
      // There is none, or a torn one: it knows nothing.
    }
  }

  /** Whether it tells the truth, as far as it can be seen. */
  get knows(): boolean {
    return this.#header !== undefined;
  }

  /** Names of the holder's reservations; undefined when the register does not know. */
  find(holder: Holder): string[] | undefined {
    return this.#attempt((header) => {
      if (holder.kind !== "attachment" && header.plain) return [];
      const key = keyOf(holder);
      const names: string[] = [];
      for (const { line } of this.#search(key)) {
        const entry = decodeLine(line);
        if (entry.key === key) names.push(entry.name);
      }
      return names;
    });
  }

  /** Notes a reservation that was just made. */
  note(holder: Holder, name: string): void {
    this.#isChanged = true;
    this.#attempt((header) => {
      const key = keyOf(holder);
      for (const { at, line } of this.#search(key)) {
        if (line !== FREE && line !== GONE) continue;
        this.#write(at, encodeLine(key, name));
        header.used += line === FREE ? 1 : 0;
        header.plain &&= holder.kind === "attachment";
        // Full: the next process reads all reservations, and makes a larger register.
        if (!isRoomy(header)) this.distrust();
        return;
      }
    });
  }

  /** Forgets a reservation that was just removed. */
  forget(holder: Holder, name: string): void {
    this.#isChanged = true;
    this.#attempt(() => {
      const wanted = encodeLine(keyOf(holder), name);
      for (const { at, line } of this.#search(keyOf(holder))) {
        if (line === wanted) this.#write(at, GONE);
      }
    });
  }

  /** Knows nothing from now on; tells whether it knew anything before. */
  distrust(): boolean {
    const knew = this.#header !== undefined;
    this.#header = undefined;
    return knew;
  }

  /** After all changes: makes the directory's state the one that the register tells of. */
  seal(): void {
    if (!this.#isChanged) return;
    this.#attempt((header) => {
      // In this order: killed in between, the register knows nothing.
      header.stamp = freshStamp(this.#nowMs);
      writeAll(this.#fd, encodeHeader(header), 0);
      putStamp(this.#directory, header.stamp);
      this.#isChanged = false;
    });
  }

  /** Writes a new register of these reservations, which are all, and seals it. */
  async rewrite(entries: readonly (readonly [name: string, Holder])[]): Promise<void> {
    this.distrust();
    try {
      if (this.#fd !== undefined) ftruncateSync(this.#fd);
      const boot = readBootId();
      const state = stateOf(this.#directory);
      const table = await tableOf(entries);
      if (boot === "" || state === undefined || table === undefined) return;
      if (!canBeStamped(this.#directory)) return;
      const { lines, ...rest } = table;
      const header = { boot, directory: state.directory, stamp: freshStamp(this.#nowMs), ...rest };
      this.#fd ??= create(this.#path);
      writeAll(this.#fd, Buffer.concat([Buffer.from(encodeHeader(header)), lines]), 0);
      putStamp(this.#directory, header.stamp);
    } catch {
      // It says nothing then, and the next process tries again.
    }
  }

  [Symbol.dispose](): void {
    this.distrust();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** The lines where a key can be, up to the first free one, which is the last. */
  *#search(key: string): Generator<{ at: number; line: string }> {
    const slots = this.#header?.slots ?? 0;
    let at = slotOf(key, slots);
    for (let count = 0; count < slots; count++) {
      const line = this.#line(at);
      yield { at, line };
      if (line === FREE) return;
      at = (at + 1) & (slots - 1);
    }
  }

  #line(at: number): string {
    const from = at - (at % WINDOW_LINES);
    if (this.#window?.from !== from) {
      const text = this.#read(HEADER_SIZE + from * LINE_SIZE, WINDOW_LINES * LINE_SIZE);
      this.#window = { from, text };
    }
    const start = (at - from) * LINE_SIZE;
    return this.#window.text.slice(start, start + LINE_SIZE);
  }

  /** Writes a line that was just found: the window shows it, too. */
  #write(at: number, line: string): void {
    writeAll(this.#fd, line, HEADER_SIZE + at * LINE_SIZE);
    if (this.#window === undefined) return;
    const { from, text } = this.#window;
    const start = (at - from) * LINE_SIZE;
    this.#window = { from, text: text.slice(0, start) + line + text.slice(start + LINE_SIZE) };
  }

  #read(position: number, length: number): string {
    const buffer = Buffer.allocUnsafe(length);
    if (this.#fd === undefined || readSync(this.#fd, buffer, 0, length, position) !== length) {
      throw new RangeError("the register ends too early");
    }
    return buffer.toString("latin1");
  }

  /** Does work while the register is true; when that fails, it is so no more. */
  #attempt<T>(work: (header: Header) => T): T | undefined {
    if (this.#header === undefined) return undefined;
    try {
      return work(this.#header);
    } catch {
      this.distrust();
      return undefined;
    }
  }
}

function create(path: string): number {
  try {
    return openForChanges(path, constants.O_CREAT);
  } catch (error) {
    if (errnoName(error) !== "ENOENT") throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openForChanges(path, constants.O_CREAT);
  }
}

function openForChanges(path: string, flags: number): number {
  return openInPlace(path, constants.O_RDWR | flags, 0o600);
}

function writeAll(fd: number | undefined, data: string | Buffer, position: number): void {
  if (fd === undefined) throw new RangeError("the register is not open");
  const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : data;
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}
