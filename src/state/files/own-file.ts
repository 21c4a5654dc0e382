import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  type Stats,
  unlinkSync,
} from "node:fs";
import { errnoName } from "../../base/index.ts";
import { O_CLOEXEC } from "../../kernel/sys/index.ts";

// Links are not followed, and pipes, sockets and terminals make no caller wait.
const CAREFULLY = constants.O_NOFOLLOW | constants.O_NONBLOCK | O_CLOEXEC;

/** What `open` says of links, sockets, directories, and devices that no driver serves. */
const OF_FOREIGN: ReadonlySet<string> = new Set(["ELOOP", "ENXIO", "EISDIR", "ENODEV"]);

/** The largest file that is read whole: far more than a configuration of the largest size leaves. */
const LARGEST_BYTES = 32 * 1024 * 1024;

/**
 * What lies where one of our files belongs and is none: a link, a pipe, a directory, a device, or
 * far too much text. It was neither followed nor read nor written.
 */
export class ForeignFile extends Error {
  constructor(path: string, what: string) {
    super(`${path} ${what}`);
    this.name = "ForeignFile";
  }
}

/**
 * Opens a file of our own, which is a regular file or is not opened at all.
 * @param flags how to open it, as constants of open(2); for reading when absent
 * @throws ForeignFile, or the SystemError of the call that failed
 */
export function openOwn(path: string, flags: number = constants.O_RDONLY, mode = 0): number {
  return openRegular(path, flags | CAREFULLY, mode, Number.POSITIVE_INFINITY).fd;
}

/**
 * Opens a file of our own that is written in place. What lies there and is none, or has another name
 * as well, is taken away, and a file is made.
 * @param flags how to open it, as constants of open(2)
 * @throws SystemError of the call that failed
 */
export function openInPlace(path: string, flags: number, mode: number): number {
  try {
    const { fd, nlink } = openRegular(path, flags | CAREFULLY, mode, Number.POSITIVE_INFINITY);
    if (nlink <= 1) return fd;
    closeSync(fd);
  } catch (error) {
    if (!(error instanceof ForeignFile)) throw error;
  }
  removeForeign(path);
  return openSync(path, flags | CAREFULLY | constants.O_CREAT | constants.O_EXCL, mode);
}

/**
 * The text of a file of our own.
 * @param largest in bytes
 * @throws ForeignFile, or the SystemError of the call that failed
 */
export function readOwn(path: string, largest: number = LARGEST_BYTES): string {
  return readBounded(path, CAREFULLY, largest);
}

/**
 * The same of a file that is shorter than the buffer; undefined for an empty or a longer one, and for what has
 * no positions to read at: `readOwn` has the words for these. For files of which thousands are read: it is
 * read before it is looked at.
 * @throws ForeignFile, or the SystemError of the call that failed
 */
export function readShortOwn(path: string, buffer: Buffer): string | undefined {
  const fd = tryOpen(path, constants.O_RDONLY | CAREFULLY, 0);
  let length = 0;
  try {
    length = readSync(fd, buffer, 0, buffer.length, 0);
  } catch {
    // A closer look tells why.
  } finally {
    closeSync(fd);
  }
  return length > 0 && length < buffer.length ? buffer.toString("utf8", 0, length) : undefined;
}

/**
 * The text of a file that the configuration names, which may be a link to it.
 * @throws ForeignFile for what is no regular file, or is too large; SystemError
 */
export function readNamed(path: string, largest: number = LARGEST_BYTES): string {
  return readBounded(path, constants.O_NONBLOCK, largest);
}

/**
 * Takes away what lies where a file of ours belongs. A directory may hold something, so it is only
 * given another name.
 * @throws SystemError of the call that failed
 */
export function removeForeign(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    // unlink(2) has another answer for directories on some file systems.
    if (!["EISDIR", "EPERM"].includes(errnoName(error))) throw error;
    renameSync(path, `${path}.foreign-${crypto.randomUUID().slice(0, 8)}`);
  }
}

function readBounded(path: string, flags: number, largest: number): string {
  const { fd } = openRegular(path, flags, 0, largest);
  try {
    return readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
}

function openRegular(
  path: string,
  flags: number,
  mode: number,
  largest: number,
): { readonly fd: number; readonly nlink: number } {
  const fd = tryOpen(path, flags, mode);
  try {
    const { size, nlink } = regular(path, fd);
    if (size > largest) throw new ForeignFile(path, `is larger than ${largest} bytes`);
    return { fd, nlink };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function tryOpen(path: string, flags: number, mode: number): number {
  try {
    return openSync(path, flags, mode);
  } catch (error) {
    if (OF_FOREIGN.has(errnoName(error))) throw new ForeignFile(path, "is no regular file");
    throw error;
  }
}

function regular(path: string, fd: number): Stats {
  const stat = fstatSync(fd);
  if (!stat.isFile()) throw new ForeignFile(path, "is no regular file");
  return stat;
}
