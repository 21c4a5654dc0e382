import type { Fd } from "../call/fd.ts";
import { addressOf, libc } from "../call/library.ts";

// asm-generic/unistd.h: these have one number on every machine.
const SYS_IO_URING_SETUP = 425;
const SYS_IO_URING_REGISTER = 427;

// linux/io_uring.h
const PARAMS_SIZE = 120;
const IORING_REGISTER_FILES = 2;
const ENTRIES = 1;

/**
 * Has the kernel keep files open until after the end of this process, and close them then by itself:
 * for files whose closing takes long and has no effect that matters. They are registered with an io_uring(7),
 * which the kernel takes down in the background. False where there is none, as in a container whose
 * seccomp profile forbids it: then they are closed by the process's end, which waits for it.
 */
export function leaveToKernel(files: readonly Fd[]): boolean {
  const library = libc();
  const params = new Uint8Array(PARAMS_SIZE);
  const ring = library.syscall(SYS_IO_URING_SETUP, ENTRIES, addressOf(params), null, 0, 0);
  if (ring === -1) return false;
  const numbers = new Int32Array(files.map(({ number }) => number));
  const count = numbers.length;
  const { syscall } = library;
  return syscall(SYS_IO_URING_REGISTER, ring, IORING_REGISTER_FILES, numbers, count, 0) !== -1;
}
