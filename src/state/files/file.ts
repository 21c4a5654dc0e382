/** Small files that are whole or not there; their readers and writers expect that most are absent. */

import {
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { defined, errnoName, errorText } from "../../base/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { ForeignFile, openInPlace, readOwn, removeForeign } from "./own-file.ts";

const NEW = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/**
 * Writes a file under a name aside, for its owner alone; the caller renames or links it to its
 * place. One that a crash has left there is removed and never written into: it may have a second
 * name already. The directory is made when it is missing.
 */
export function writeAside(path: string, text: string): void {
  const fd = createAside(path);
  try {
    writeAndClose(fd, text);
  } catch (error) {
    unlinkIfThere(path);
    throw error;
  }
}

/**
 * Writes a small file of our own in place, where a torn one does no harm.
 * @throws SystemError of the call that failed
 */
export function rewrite(path: string, text: string): void {
  const fd = openInPlace(path, constants.O_WRONLY | constants.O_CREAT, FILE_MODE);
  try {
    ftruncateSync(fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  writeAndClose(fd, text);
}

/**
 * Gives a file that was written aside its name, in place of what has it.
 * @throws SystemError of the call that failed
 */
export function moveIntoPlace(aside: string, path: string): void {
  try {
    renameSync(aside, path);
  } catch (error) {
    if (errnoName(error) !== "EISDIR") throw error;
    removeForeign(path);
    renameSync(aside, path);
  }
}

/** Writes all of the text; closes the file anyhow. @throws SystemError of the call that failed */
export function writeAndClose(fd: number, text: string): void {
  try {
    writeFully(fd, text);
  } finally {
    closeSync(fd);
  }
}

/** Writes all of the text. @throws SystemError of the call that failed */
export function writeFully(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  // A full disk may take a part only; the next write then says why.
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

/**
 * Opens a file under a name aside for writing. One that a crash has left there is removed first; the
 * directory is made when it is missing.
 */
export function createAside(path: string): number {
  try {
    return openSync(path, NEW, FILE_MODE);
  } catch (error) {
    const code = errnoName(error);
    if (code === "EEXIST") {
      removeForeign(path);
    } else if (code === "ENOENT") {
      mkdirSync(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
    } else {
      throw error;
    }
    return openSync(path, NEW, FILE_MODE);
  }
}

/**
 * The text of a file of our own; undefined where there is none.
 * @throws ForeignFile, or the SystemError of the call that failed
 */
export function readIfThere(path: string): string | undefined {
  return ifThere(path, () => readOwn(path));
}

/**
 * The text of a file of our own; undefined where there is none. What lies there and is none is taken
 * away, so that it keeps no later call from its work.
 * @throws SystemError of the call that failed
 */
export function readOrClear(path: string): string | undefined {
  try {
    return readIfThere(path);
  } catch (error) {
    if (!(error instanceof ForeignFile)) throw error;
    removeForeign(path);
    return undefined;
  }
}

/**
 * Removes a file; fine where there is none. A directory that is in its place gets another name.
 * @throws SystemError of the call that failed
 */
export function unlinkIfThere(path: string): void {
  ifThere(path, () => removeForeign(path));
}

/** An error that says no costs much more than to look first. */
function ifThere<T>(path: string, work: () => T): T | undefined {
  try {
    return existsSync(path) ? work() : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Below a file, or a device, there can be nothing either. */
export function isAbsent(error: unknown): boolean {
  const code = errnoName(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/**
 * Does something with a file.
 * @param what what fails when that fails, such as `cannot read /run/x`
 * @param details what may help
 * @throws CniError of code 5
 */
export function orFailure<T>(what: string, details: string | undefined, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const msg = `${what}: ${errorText(cause)}`;
    throw new CniError(ErrorCode.IO_FAILURE, msg, { ...defined({ details }), cause });
  }
}
