import { type Fd, flock, KernelError, LOCK_EX, LOCK_NB, LOCK_UN } from "../../kernel/sys/index.ts";
import { sleep } from "../sleep.ts";
import { tryAgain } from "../try-again.ts";

const FIRST_WAIT_MS = 0.5;
const LONGEST_WAIT_MS = 12;

/** What is locked, for the error of a caller that gave up waiting. */
export interface LockWords {
  readonly path: string;
  readonly details: string;
}

/** What `lockNetns` needs of a namespace. */
export interface LockableNetns {
  readonly fd: Fd;
  readonly path: string;
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
      throw tryAgain(`gave up waiting for the lock ${words.path}`, {
        details: words.details,
        cause: signal.reason,
      });
    }
    // Uneven waits keep several waiters from asking at the same instants for ever.
    await sleep(wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

/**
 * Takes flock(2) on a network namespace itself, as the Go plugins do: every path to a namespace
 * leads to one lock, and no file can come to be or be left behind. Held until it is disposed of.
 * @param details what the holder of the lock is doing, for the error of a caller that gave up
 * @throws CniError of code 11 when the signal ends the wait
 */
export async function lockNetns(
  { fd, path }: LockableNetns,
  details: string,
  signal?: AbortSignal,
): Promise<Disposable> {
  await takeFlock(fd, { path, details }, signal);
  return { [Symbol.dispose]: () => release(fd) };
}

/** Closing the descriptor, which comes next, releases what cannot be released now. */
function release(fd: Fd): void {
  try {
    flock(fd, LOCK_UN);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
}
