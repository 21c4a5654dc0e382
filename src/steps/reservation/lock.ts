import {
  type Fd,
  flock,
  LOCK_EX,
  LOCK_NB,
  O_CREAT,
  O_RDONLY,
  open,
} from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { sleep } from "../sleep.ts";

const LOCK_FILE = "lock";
// The Go plugins' mode; whoever comes first creates the file.
const LOCK_MODE = 0o750;

const FIRST_WAIT_MS = 0.5;
const LONGEST_WAIT_MS = 12;

/**
 * Takes flock(2) on the directory's `lock` file, which the Go plugins take too; closing the
 * descriptor releases it. Waits by asking again, ever less often, so that a process that serves
 * others keeps running meanwhile. An aborted signal ends the wait with code 11.
 * @throws KernelError when the file cannot be opened (ENOENT: there is no such directory)
 */
export async function takeLock(directory: string, signal?: AbortSignal): Promise<Fd> {
  const path = `${directory}/${LOCK_FILE}`;
  const fd = open(path, O_RDONLY | O_CREAT, LOCK_MODE);
  try {
    let wait = FIRST_WAIT_MS;
    while (!flock(fd, LOCK_EX | LOCK_NB)) {
      if (signal?.aborted === true) {
        throw gaveUp(path, signal);
      }
      // Uneven waits keep several waiters from asking at the same instants for ever.
      await sleep(wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
    return fd;
  } catch (error) {
    fd.close();
    throw error;
  }
}

function gaveUp(path: string, signal: AbortSignal): CniError {
  return new CniError(ErrorCode.TRY_AGAIN_LATER, `gave up waiting for the lock ${path}`, {
    details: "another process is allocating from this directory; see who holds it with fuser",
    cause: signal.reason,
  });
}
