import { constants, lstatSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Fd, flock, fstat, LOCK_EX, LOCK_NB } from "../../kernel/sys/index.ts";
import type { Context } from "../../plugin/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { sleep } from "../sleep.ts";
import { tryAgain } from "../try-again.ts";
import { orFailure, unlinkIfThere } from "./file.ts";
import { openOwn } from "./own-file.ts";

const FIRST_WAIT_MS = 0.5;
const LONGEST_WAIT_MS = 12;
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** What is locked, for the error of a caller that gave up waiting. */
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
 * Takes flock(2) on a file that its owner alone can open, in a directory that its owner alone can
 * enter: on a file that others can open, such as that of a network namespace, any user could hold
 * the lock for ever. Released, and the file removed, when it is disposed of.
 * @param words the path, and what the holder of the lock is doing
 * @throws CniError of code 5 when the file cannot be made, 11 when the signal ends the wait
 */
export async function lockFile(words: LockWords, signal?: AbortSignal): Promise<Disposable> {
  const { path } = words;
  for (;;) {
    const fd = orFailure(`cannot lock ${path}`, undefined, () => openLock(path));
    try {
      await takeFlock(fd, words, signal);
      // The holder before may have removed the file that was waited for.
      if (isAt(fd, path)) return { [Symbol.dispose]: () => release(fd, path) };
      fd.close();
    } catch (error) {
      abandon(fd, path);
      throw error;
    }
  }
}

/**
 * The same for one call of a plugin. A DEL, or a GC, goes on without a lock whose file cannot be made,
 * and says so: what is broken there must not keep a container from being removed.
 */
export async function lockFileOf(
  { operation, signal, log }: Pick<Context, "operation" | "signal" | "log">,
  words: LockWords,
): Promise<Disposable | undefined> {
  try {
    return await lockFile(words, signal);
  } catch (error) {
    const isBroken = error instanceof CniError && error.code === ErrorCode.IO_FAILURE;
    if (!isBroken || (operation !== "DEL" && operation !== "GC")) throw error;
    log(`${error.msg}: ${operation} goes on without`);
    return undefined;
  }
}

function openLock(path: string): Fd {
  mkdirSync(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
  return new Fd(openOwn(path, constants.O_RDONLY | constants.O_CREAT, FILE_MODE));
}

function isAt(fd: Fd, path: string): boolean {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino === fstat(fd).ino;
}

/**
 * Removed while it is still locked, so that two cannot hold two files of one name. What was done under
 * the lock is done: a file that stays is the next holder's to remove.
 */
function release(fd: Fd, path: string): void {
  try {
    unlinkIfThere(path);
  } catch {
    // It says nothing, and is found by its name.
  } finally {
    fd.close();
  }
}

function isHeldNow(fd: Fd, path: string): boolean {
  try {
    return flock(fd, LOCK_EX | LOCK_NB) && isAt(fd, path);
  } catch {
    return false;
  }
}

/** After an error: the file may be one that this call has made. Another's holder keeps it. */
function abandon(fd: Fd, path: string): void {
  if (isHeldNow(fd, path)) release(fd, path);
  else fd.close();
}
