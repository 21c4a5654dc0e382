import { F_GETLK, F_SETLK, F_UNLCK, F_WRLCK } from "./constant.ts";
import { Errno } from "./errno.ts";
import { KernelError } from "./error.ts";
import type { Fd } from "./fd.ts";
import { lastErrno, libc } from "./library.ts";

// struct flock: short l_type, short l_whence (0: from the beginning), off_t l_start, off_t l_len,
// pid_t l_pid, with holes where 64-bit machines align.
const SIZE = 32;
const [L_START, L_LEN, L_PID] = [8, 16, 24];

/** A part of a file in bytes. The file need not be so long; the length 0 is all that follows. */
export interface FileRange {
  readonly start: number;
  readonly length: number;
}

const WHOLE: FileRange = { start: 0, length: 0 };

/**
 * fcntl(2) with F_SETLK and F_WRLCK: false when another process has a lock there. It is the
 * process's, whichever of its threads asks, and ends with it, or when any descriptor of the file is
 * closed.
 */
export function lockProcess(fd: Fd, range: FileRange = WHOLE): boolean {
  if (libc().fcntl(fd.number, F_SETLK, flock(F_WRLCK, range)) !== -1) return true;
  const errno = lastErrno();
  if (errno === Errno.EAGAIN || errno === Errno.EACCES) return false;
  throw new KernelError("fcntl F_SETLK", errno);
}

/** fcntl(2) with F_SETLK and F_UNLCK. */
export function unlockProcess(fd: Fd, range: FileRange = WHOLE): void {
  if (libc().fcntl(fd.number, F_SETLK, flock(F_UNLCK, range)) !== -1) return;
  throw new KernelError("fcntl F_SETLK", lastErrno());
}

/**
 * fcntl(2) with F_GETLK: the other process that has a lock there; undefined when none has, and 0 for
 * one that is not in this process's PID namespace.
 */
export function lockingProcess(fd: Fd, range: FileRange = WHOLE): number | undefined {
  const asked = flock(F_WRLCK, range);
  if (libc().fcntl(fd.number, F_GETLK, asked) === -1) {
    throw new KernelError("fcntl F_GETLK", lastErrno());
  }
  const found = new DataView(asked.buffer);
  return found.getInt16(0, true) === F_UNLCK ? undefined : Math.max(0, found.getInt32(L_PID, true));
}

function flock(type: number, { start, length }: FileRange): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, type, true);
  view.setBigInt64(L_START, BigInt(start), true);
  view.setBigInt64(L_LEN, BigInt(length), true);
  return bytes;
}
