import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
} from "node:fs";

/**
 * Reads a regular file whole.
 * @param limit in bytes; for less than 64 KiB it is not held to
 * @throws the system's error, or one of its own for anything but a regular file (a named pipe would
 *   hang the reader) and for one larger than `limit` bytes
 */
export function readRegularFile(path: string, limit: number): string {
  return withRegularFile(path, limit, (bytes) => bytes.toString("utf8"));
}

/** The same with its bytes, which are there for as long as `work` runs. */
export function withRegularFile<T>(path: string, limit: number, work: (bytes: Buffer) => T): T {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let bytes: Buffer;
  try {
    bytes = readUsual(fd) ?? readChecked(fd, limit);
  } finally {
    closeSync(fd);
  }
  return work(bytes);
}

/** As large as nearly all files that are read; made for the first of them. */
const USUAL_BYTES = 64 * 1024;
let buffer: Buffer | undefined;

/**
 * All of a file that is no larger than usual, by one call to the system. Pipes and terminals, which would
 * lose what is read, have no positions to read at; what has no end or no content needs a closer look.
 */
function readUsual(fd: number): Buffer | undefined {
  buffer ??= Buffer.allocUnsafe(USUAL_BYTES);
  let length = 0;
  try {
    length = readSync(fd, buffer, 0, USUAL_BYTES, 0);
  } catch {
    // The closer look has the better words.
  }
  return length > 0 && length < USUAL_BYTES ? buffer.subarray(0, length) : undefined;
}

function readChecked(fd: number, limit: number): Buffer {
  const stat = fstatSync(fd);
  if (!stat.isFile()) throw new Error("it is no regular file");
  if (stat.size > limit) throw new Error(`it is larger than ${limit} bytes`);
  return readFileSync(fd);
}

/** Writes a file that must not exist yet, readable by its owner only. */
export function writeNewFile(path: string, content: string, fsync: boolean): void {
  const fd = openSync(path, "wx", 0o600);
  try {
    writeFileSync(fd, content);
    if (fsync) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes the names in a directory last through a loss of power. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
