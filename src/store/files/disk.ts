import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { errnoName, errorText } from "../../base/index.ts";
import {
  ForeignFile,
  moveIntoPlace,
  openOwn,
  readIfThere,
  unlinkIfThere,
  writeAside,
} from "../../state/files/index.ts";
import { StoreError } from "../index.ts";
import { Contents } from "./contents.ts";
import { damaged, decodeLine, encodeLine, type Line } from "./line.ts";
import { decodeSnapshot, encodeSnapshot, type Stored } from "./snapshot.ts";

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
/** A log that is longer is put into the snapshot. */
const LONG_LOG_BYTES = 1024 * 1024;
/** Where that fails, as on a full disk, the log may still grow to this. */
const LONGEST_LOG_BYTES = 8 * LONG_LOG_BYTES;
const LARGEST_SNAPSHOT_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

/**
 * A snapshot and a log of changes after it, in one directory. All is called under the lock of the directory.
 * What a crash has left at the end of the log was never answered, and is cut off.
 */
export class Disk {
  readonly directory: string;
  readonly #snapshot: string;
  #stored: Stored | undefined;
  /** Tells the snapshot that was read from one that another process has written since. */
  #stamp = "";
  /** How far the log is read. */
  #offset = 0;

  constructor(directory: string) {
    this.directory = directory;
    this.#snapshot = join(directory, "snapshot");
  }

  /** What the files hold now. @throws StoreError */
  load(): Contents {
    return this.#failing("read", () => {
      const stamp = this.#stampNow();
      if (this.#stored === undefined || stamp !== this.#stamp) this.#readSnapshot(stamp);
      this.#readLog();
      return this.#held.contents;
    });
  }

  /** Writes lines that follow what was loaded, durably when it is asked for, and carries them out. */
  append(lines: readonly Line[], isDurable: boolean): void {
    this.#makeRoom();
    const text = Buffer.from(lines.map(encodeLine).join(""));
    this.#write(text, isDurable);
    this.#offset += text.length;
    for (const line of lines) this.#held.contents.apply(line);
  }

  /** A new snapshot and an empty log. The new snapshot's name is what makes the change. */
  compact(): void {
    this.#failing("write", () => {
      const { generation, contents } = this.#held;
      contents.forget();
      this.#writeSnapshot({ generation: generation + 1, contents });
      // It is read by no process any more: its name is not in the snapshot.
      unlinkIfThere(this.#logOf(generation));
    });
  }

  /** Before a change, so that a failure is one of nothing. */
  #makeRoom(): void {
    if (this.#offset <= LONG_LOG_BYTES) return;
    try {
      this.compact();
    } catch (error) {
      if (this.#offset > LONGEST_LOG_BYTES) throw error;
    }
  }

  get #held(): Stored {
    if (this.#stored === undefined) throw new Error("nothing was loaded");
    return this.#stored;
  }

  #readSnapshot(stamp: string): void {
    const text = readIfThere(this.#snapshot);
    if (text === undefined) {
      this.#begin();
      return;
    }
    const line = text.endsWith("\n") ? checkedText(text) : undefined;
    if (line === undefined) throw damaged(this.#snapshot, "its checksum is wrong");
    try {
      this.#stored = decodeSnapshot(line);
    } catch (error) {
      throw damaged(this.#snapshot, errorText(error));
    }
    this.#stamp = stamp;
    this.#offset = 0;
  }

  /** The first snapshot; other files say that there was one before. */
  #begin(): void {
    mkdirSync(this.directory, { recursive: true, mode: DIRECTORY_MODE });
    if (readdirSync(this.directory).some((name) => name.startsWith("log-"))) {
      throw damaged(this.#snapshot, "it is gone, and its log is there");
    }
    this.#writeSnapshot({ generation: 1, contents: new Contents(crypto.randomUUID(), 1, 0) });
  }

  #writeSnapshot(stored: Stored): void {
    const text = encodeSnapshot(stored);
    if (text.length > LARGEST_SNAPSHOT_BYTES) {
      throw new StoreError(
        "full",
        `${this.directory} holds more than ${LARGEST_SNAPSHOT_BYTES} bytes`,
      );
    }
    const log = this.#logOf(stored.generation);
    unlinkIfThere(log);
    closeSync(openSync(log, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, FILE_MODE));
    const aside = `${this.#snapshot}.new`;
    writeAside(aside, withChecksum(text));
    syncPath(aside);
    moveIntoPlace(aside, this.#snapshot);
    syncPath(this.directory);
    this.#stored = stored;
    this.#stamp = this.#stampNow();
    this.#offset = 0;
  }

  #readLog(): void {
    const path = this.#logOf(this.#held.generation);
    const fd = openOwn(path, constants.O_RDWR);
    try {
      const { size } = fstatSync(fd);
      if (size < this.#offset) throw damaged(path, "it is shorter than it was");
      if (size > 2 * LONGEST_LOG_BYTES) throw damaged(path, `it has ${size} bytes`);
      const lines = readFrom(fd, this.#offset, size).split("\n");
      // What follows the last line end.
      const rest = lines.pop() ?? "";
      const read = lines.map(decodeLine);
      const whole = read.indexOf(undefined);
      const good = whole < 0 ? lines.length : whole;
      if (read.slice(good).some((line) => line !== undefined)) {
        throw damaged(path, `line ${good + 1} after byte ${this.#offset} is not what was written`);
      }
      for (const [index, line] of read.slice(0, good).entries()) {
        if (line === undefined || !this.#held.contents.apply(line)) {
          throw damaged(path, "a change does not follow the one before");
        }
        this.#offset += Buffer.byteLength(lines[index] ?? "") + 1;
      }
      if (rest !== "" || good < lines.length) ftruncateSync(fd, this.#offset);
    } finally {
      closeSync(fd);
    }
  }

  #write(bytes: Buffer, isDurable: boolean): void {
    let fd: number | undefined;
    try {
      fd = openOwn(this.#logOf(this.#held.generation), constants.O_RDWR);
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(fd, bytes, done, bytes.length - done, this.#offset + done);
      }
      if (isDurable) fdatasyncSync(fd);
    } catch (error) {
      const isUndone = fd === undefined || this.#cut(fd);
      throw ioError(this.directory, "write", error, !isUndone);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /** Takes back what a failed write has left; false where that fails too. */
  #cut(fd: number): boolean {
    try {
      ftruncateSync(fd, this.#offset);
      fdatasyncSync(fd);
      return true;
    } catch {
      return false;
    }
  }

  #logOf(generation: number): string {
    return join(this.directory, `log-${generation}`);
  }

  #stampNow(): string {
    const stat = statSync(this.#snapshot, { throwIfNoEntry: false });
    return stat === undefined ? "" : `${stat.ino}:${stat.mtimeMs}:${stat.size}`;
  }

  #failing<T>(what: "read" | "write", work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw ioError(this.directory, what, error, false);
    }
  }
}

function ioError(
  directory: string,
  what: "read" | "write",
  cause: unknown,
  isUncertain: boolean,
): StoreError {
  const code = errnoName(cause);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new StoreError("full", `cannot write to ${directory}: no space is left on its disk`, {
      isUncertain,
      cause,
    });
  }
  const fault =
    cause instanceof ForeignFile ? "wrong answer" : code === "EACCES" ? "denied" : "unreachable";
  return new StoreError(fault, `cannot ${what} the store in ${directory}: ${errorText(cause)}`, {
    isUncertain,
    cause,
  });
}

function withChecksum(text: string): string {
  return `${Bun.hash.crc32(text).toString(16).padStart(8, "0")} ${text}\n`;
}

/** The text of a line whose checksum is right. */
function checkedText(line: string): string | undefined {
  const text = line.slice(9, -1);
  return withChecksum(text) === line ? text : undefined;
}

function readFrom(fd: number, from: number, to: number): string {
  const chunks: Buffer[] = [];
  for (let at = from; at < to; ) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, to - at));
    const count = readSync(fd, chunk, 0, chunk.length, at);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    at += count;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function syncPath(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
