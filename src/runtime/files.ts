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
 * @throws the system's error, or one of its own for anything but a regular file (a named pipe would
 *   hang the reader) and for one larger than `limit` bytes
 */
export function readRegularFile(path: string, limit: number): string {
  return readDatedFile(path, limit).text;
}

/** The same, and when the file was written, in milliseconds since 1970. */
export function readDatedFile(path: string, limit: number): { text: string; mtimeMs: number } {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error("it is no regular file");
    if (stat.size > limit) throw new Error(`it is larger than ${limit} bytes`);
    return { text: readText(fd), mtimeMs: stat.mtimeMs };
  } finally {
    closeSync(fd);
  }
}

/** As large as nearly all files that are read; made for the first of them. */
const USUAL_BYTES = 64 * 1024;
let buffer: Buffer | undefined;

/** All of an open file, by one call to the system where it is no larger than usual. */
function readText(fd: number): string {
  buffer ??= Buffer.allocUnsafe(USUAL_BYTES);
  const length = readSync(fd, buffer, 0, USUAL_BYTES, 0);
  return length < USUAL_BYTES ? buffer.toString("utf8", 0, length) : readFileSync(fd, "utf8");
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
