import { closeSync, constants, fstatSync, lstatSync, readSync } from "node:fs";
import { Fd, flock, LOCK_EX, LOCK_NB } from "../../kernel/sys/index.ts";
import {
  ForeignFile,
  isAbsent,
  moveIntoPlace,
  openInPlace,
  openOwn,
  unlinkIfThere,
  writeAndClose,
} from "../../state/files/index.ts";
import { decodeCall, type RecordedCall } from "../form/index.ts";
import { directoryOf } from "./switch.ts";

const MODE = 0o600;
const APPENDING = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
/** The recording is a ring of files: the oldest one goes as a whole. */
const FILES = 4;
/** So much of a file's share is used before the next one begins: several processes may add at once. */
const FILLED = 0.8;
/** No more is read of a file, whatever its size says. */
const READ_MAX = 64 * 1024 * 1024;

/** The recorded calls of a node: files of one line a call, the newest in `calls.jsonl`. */
export class CallLog {
  readonly directory: string;
  readonly #path: string;

  constructor(stateDir: string) {
    this.directory = directoryOf(stateDir);
    this.#path = `${this.directory}/calls.jsonl`;
  }

  /**
   * Adds a call, unless it is longer than a file may be. The line begins with the end of one, so that a torn line spoils no other.
   * @throws SystemError
   */
  add(call: RecordedCall, maxBytes: number): void {
    const line = `\n${JSON.stringify(call)}\n`;
    const length = Buffer.byteLength(line);
    const most = maxBytes / FILES;
    if (length > most) return;
    if (sizeOf(this.#path) + length > most * FILLED) this.#turn(most * FILLED - length);
    // Another process is at it, and slow: the bound counts more than this call.
    if (sizeOf(this.#path) + length > most) return;
    writeAndClose(openInPlace(this.#path, APPENDING, MODE), line);
  }

  /** All that is recorded, the oldest first. @throws SystemError */
  all(): RecordedCall[] {
    return this.#files()
      .toReversed()
      .flatMap((path) =>
        read(path)
          .split("\n")
          .flatMap((line) => callIn(line)),
      )
      .toSorted((one, other) => compare(one.time, other.time));
  }

  /** Gives what is added from now on. */
  reader(): LogReader {
    return new LogReader(this.#path);
  }

  /** In bytes, all files together. */
  size(): number {
    return this.#files().reduce((sum, path) => sum + sizeOf(path), 0);
  }

  /** Removes all that is recorded. @throws SystemError */
  clear(): void {
    for (const path of this.#files()) unlinkIfThere(path);
  }

  #files(): string[] {
    return Array.from({ length: FILES }, (_, age) =>
      age === 0 ? this.#path : `${this.#path}.${age}`,
    );
  }

  /** Begins a new file. Several processes may come to it at once: one of them does it. */
  #turn(most: number): void {
    const lock = new Fd(
      openOwn(`${this.directory}/lock`, constants.O_RDONLY | constants.O_CREAT, MODE),
    );
    try {
      if (!flock(lock, LOCK_EX | LOCK_NB) || sizeOf(this.#path) <= most) return;
      const files = this.#files();
      for (const [age, path] of [...files.entries()].toReversed()) {
        const older = files[age + 1];
        if (older !== undefined && sizeOf(path) > 0) moveIntoPlace(path, older);
      }
    } finally {
      lock.close();
    }
  }
}

/** How far a file has been read; the number tells it from one that took its place. */
interface Position {
  readonly ino: number;
  readonly offset: number;
}

/** Reads what is added to the recording. */
export class LogReader {
  readonly #path: string;
  #position: Position;

  constructor(path: string) {
    this.#path = path;
    this.#position = endOf(path);
  }

  /** The calls that were added since the last time. @throws SystemError */
  news(): RecordedCall[] {
    const before = this.#position;
    const now = endOf(this.#path);
    if (now.ino === before.ino && now.offset === before.offset) return [];
    this.#position = now;
    const isSame = now.ino === before.ino;
    const rest = isSame ? "" : read(`${this.#path}.1`, before);
    const text = rest + read(this.#path, isSame ? before : { ino: now.ino, offset: 0 }, now.offset);
    return text.split("\n").flatMap((line) => callIn(line));
  }
}

function endOf(path: string): Position {
  try {
    const { ino, size } = lstatSync(path);
    return { ino, offset: size };
  } catch {
    return { ino: 0, offset: 0 };
  }
}

function callIn(line: string): RecordedCall[] {
  const call = line.startsWith("{") ? decodeCall(line) : undefined;
  return call === undefined ? [] : [call];
}

/** The text behind a position; "" for a file that is not there, is another one, or is none of ours. */
function read(path: string, from?: Position, to: number = READ_MAX): string {
  let fd: number;
  try {
    fd = openOwn(path);
  } catch (error) {
    if (isAbsent(error) || error instanceof ForeignFile) return "";
    throw error;
  }
  try {
    const { ino, size } = fstatSync(fd);
    if (from !== undefined && ino !== from.ino) return "";
    const start = from?.offset ?? 0;
    const bytes = Buffer.alloc(Math.max(0, Math.min(READ_MAX, size, to) - start));
    return bytes.toString("utf8", 0, readSync(fd, bytes, 0, bytes.length, start));
  } finally {
    closeSync(fd);
  }
}

function sizeOf(path: string): number {
  try {
    return lstatSync(path).size;
  } catch {
    return 0;
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
