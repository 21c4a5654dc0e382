import { fstatSync } from "node:fs";
import { O_CLOEXEC, SEEK_CUR } from "./constant.ts";
import { Errno } from "./errno.ts";
import { KernelError } from "./error.ts";
import { Fd } from "./fd.ts";
import { cString, lastErrno, libc } from "./library.ts";

/** What identifies an open file. */
export interface FileStatus {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mode: bigint;
  readonly size: bigint;
  /** Hard links: 0 when the file was unlinked while open. */
  readonly nlink: bigint;
}

/** open(2) with O_CLOEXEC always set. `mode` counts only with O_CREAT. */
export function open(path: string, flags: number, mode: number = 0): Fd {
  const name = cString(path);
  for (;;) {
    const number = libc().open(name, flags | O_CLOEXEC, mode);
    if (number !== -1) return new Fd(number);
    const errno = lastErrno();
    if (errno !== Errno.EINTR) throw new KernelError(`open ${path}`, errno);
  }
}

/** read(2) into `buffer`; 0 at the end of the file. */
export function read(fd: Fd, buffer: Uint8Array): number {
  for (;;) {
    const count = libc().read(fd.number, buffer, buffer.length);
    if (count !== -1) return count;
    const errno = lastErrno();
    if (errno !== Errno.EINTR) throw new KernelError("read", errno);
  }
}

/** write(2): may write less than all. /proc/sys takes a value only in one piece. */
export function write(fd: Fd, bytes: Uint8Array): number {
  for (;;) {
    const count = libc().write(fd.number, bytes, bytes.length);
    if (count !== -1) return count;
    const errno = lastErrno();
    if (errno !== Errno.EINTR) throw new KernelError("write", errno);
  }
}

/** fsync(2). */
export function fsync(fd: Fd): void {
  if (libc().fsync(fd.number) !== -1) return;
  throw new KernelError("fsync", lastErrno());
}

/** fstat(2). */
export function fstat(fd: Fd): FileStatus {
  return fstatSync(fd.number, { bigint: true });
}

/**
 * flock(2) with LOCK_SH, LOCK_EX or LOCK_UN, with LOCK_NB or without.
 * False when LOCK_NB was given and another process holds the lock.
 */
export function flock(fd: Fd, operation: number): boolean {
  for (;;) {
    if (libc().flock(fd.number, operation) !== -1) return true;
    const errno = lastErrno();
    if (errno === Errno.EAGAIN) return false;
    if (errno !== Errno.EINTR) throw new KernelError("flock", errno);
  }
}

/** lseek(2) with SEEK_CUR: moves on in the file and gives where it is at then. */
export function advance(fd: Fd, length: number): number {
  const position = libc().lseek(fd.number, length, SEEK_CUR);
  if (position !== -1) return position;
  throw new KernelError("lseek", lastErrno());
}

/**
 * ioctl(2). `argument` is memory that the request reads or fills, a number that it takes by value,
 * or absent. Gives its result.
 */
export function ioctl(
  fd: Fd,
  request: number,
  argument: Uint8Array | number | null = null,
): number {
  for (;;) {
    const result = libc().ioctl(fd.number, request, argument);
    if (result !== -1) return result;
    const errno = lastErrno();
    if (errno !== Errno.EINTR) throw new KernelError(`ioctl 0x${request.toString(16)}`, errno);
  }
}

// struct statfs is 120 bytes on 64-bit Linux; f_type comes first.
const STATFS_SIZE = 256;

/** f_type of statfs(2): which kind of file system holds a path or an open file. */
export function statfsMagic(file: string | Fd): number {
  const buffer = new Uint8Array(STATFS_SIZE);
  const name = typeof file === "string" ? cString(file) : undefined;
  for (;;) {
    const result =
      name === undefined
        ? libc().fstatfs((file as Fd).number, buffer)
        : libc().statfs(name, buffer);
    if (result !== -1) return new DataView(buffer.buffer).getUint32(0, true);
    const errno = lastErrno();
    const operation = typeof file === "string" ? `statfs ${file}` : "fstatfs";
    if (errno !== Errno.EINTR) throw new KernelError(operation, errno);
  }
}

// fcntl.h: paths that are not absolute begin at the working directory.
const AT_FDCWD = -100;
// sys/stat.h: this of the two times stays as it is.
const UTIME_OMIT = (1n << 30n) - 2n;
const SECOND_NS = 1_000_000_000n;

/** utimensat(2): when the file was last changed, in nanoseconds since 1970, to the nanosecond. */
export function setModified(path: string, nanoseconds: bigint): void {
  // Two struct timespec: when it was read, when it was changed.
  const times = new BigInt64Array([
    0n,
    UTIME_OMIT,
    nanoseconds / SECOND_NS,
    nanoseconds % SECOND_NS,
  ]);
  const bytes = new Uint8Array(times.buffer);
  if (libc().utimensat(AT_FDCWD, cString(path), bytes, 0) === -1) {
    throw new KernelError(`utimensat ${path}`, lastErrno());
  }
}
