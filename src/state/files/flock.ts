import { type Fd, flock, LOCK_EX, LOCK_NB } from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { sleep } from "../sleep.ts";

const FIRST_WAIT_MS = 0.5;
const LONGEST_WAIT_MS = 12;

/** What is locked, for the error of who gave up waiting. */
export interface LockWords {
  readonly path: string;
  readonly details: string;
}

/**
 * Takes flock(2) on an open file; closing the descriptor, or LOCK_UN, releases it. Waits by asking
 * again, ever less often, so that a process that serves others keeps running meanwhile.
 * @throws CniError of code 11 when the signal ends the wait
 */
export async function takeFlock(fd: Fd, words: LockWords, signal?: AbortSignal): Promise<void> {
  let wait = FIRST_WAIT_MS;
  while (!flock(fd, LOCK_EX | LOCK_NB)) {
    if (signal?.aborted === true) {
      throw new CniError(ErrorCode.TRY_AGAIN_LATER, `gave up waiting for the lock ${words.path}`, {
        details: words.details,
        cause: signal.reason,
      });
    }
    // Uneven waits keep several waiters from asking at the same instants for ever.
    await sleep(wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}
