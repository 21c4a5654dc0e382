import { constants, openSync } from "node:fs";
import { Fd } from "../../kernel/sys/index.ts";
import { ForeignFile, openOwn, removeForeign, takeFlock } from "../files/index.ts";

const LOCK_FILE = "lock";
// The Go plugins' mode; the first process that locks creates the file.
const LOCK_MODE = 0o750;
const DETAILS = "another process is allocating from this directory; see who holds it with fuser";

/**
 * Takes flock(2) on the directory's `lock` file, which the Go plugins take too; closing the
 * descriptor releases it. An aborted signal ends the wait with code 11.
 * @throws SystemError when the file cannot be opened (ENOENT: there is no such directory)
 */
export async function takeLock(directory: string, signal?: AbortSignal): Promise<Fd> {
  const path = `${directory}/${LOCK_FILE}`;
  const fd = await openLock(directory, path, signal);
  try {
    await takeFlock(fd, { path, details: DETAILS }, signal);
    return fd;
  } catch (error) {
    fd.close();
    throw error;
  }
}

/**
 * What is no file, and in the way, is taken away by one process at a time: of two, the slower one
 * would take away the lock that the other one has made and holds.
 */
async function openLock(directory: string, path: string, signal?: AbortSignal): Promise<Fd> {
  const there = tryOpen(path);
  if (there !== undefined) return there;
  using guard = new Fd(openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY));
  await takeFlock(guard, { path: directory, details: DETAILS }, signal);
  const now = tryOpen(path);
  if (now !== undefined) return now;
  removeForeign(path);
  return new Fd(openOwn(path, constants.O_RDONLY | constants.O_CREAT, LOCK_MODE));
}

function tryOpen(path: string): Fd | undefined {
  try {
    return new Fd(openOwn(path, constants.O_RDONLY | constants.O_CREAT, LOCK_MODE));
  } catch (error) {
    if (error instanceof ForeignFile) return undefined;
    throw error;
  }
}
