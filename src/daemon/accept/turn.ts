import { advance, type Fd, KernelError, lockProcess } from "../../kernel/sys/index.ts";

/**
 * Takes a call for this process, until the process ends; false when another one has taken it: the
 * entry program, after it had waited for too long. Each call has a file for that, which both
 * processes have open. The first process that locks the file at offset 0 advances it and owns the
 * call. A file that has been advanced and is not locked says that the call's owner died.
 */
export function takeTurn(turn: Fd): boolean {
  return lockProcess(turn) && advance(turn, 1) === 1;
}

/** As `takeTurn`, for a descriptor from outside, which may be missing or no such file. */
export function tryTakeTurn(turn: Fd | undefined): boolean {
  try {
    return turn !== undefined && takeTurn(turn);
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
}
