import { KernelError } from "../call/error.ts";
import type { Fd } from "../call/fd.ts";
import { cString, lastErrno, libc } from "../call/library.ts";

/** setns(2): moves the calling thread. `type` is CLONE_NEWNET and the like. */
export function setns(fd: Fd, type: number): void {
  if (libc().setns(fd.number, type) !== -1) return;
  throw new KernelError("setns", lastErrno());
}

/** unshare(2): new namespaces for the calling thread. */
export function unshare(flags: number): void {
  if (libc().unshare(flags) !== -1) return;
  throw new KernelError("unshare", lastErrno());
}

/** mount(2). */
export function mount(
  source: string,
  target: string,
  type: string,
  flags: number,
  data: string | null = null,
): void {
  const options = data === null ? null : cString(data);
  const from = cString(source);
  const to = cString(target);
  const kind = cString(type);
  if (libc().mount(from, to, kind, flags, options) !== -1) return;
  throw new KernelError(`mount ${source} on ${target}`, lastErrno());
}

/** umount2(2). */
export function umount(target: string, flags: number = 0): void {
  const name = cString(target);
  if (libc().umount2(name, flags) !== -1) return;
  throw new KernelError(`umount ${target}`, lastErrno());
}

/**
 * Writes a line to descriptor 2 and ends the process with exit code 1, at once: no handler runs.
 * For the one state in which going on would do harm: a thread that is in a namespace that the code
 * after it does not expect.
 */
export function abort(reason: string): never {
  const line = new TextEncoder().encode(`fatal: ${reason}\n`);
  libc().write(2, line, line.length);
  libc()._exit(1);
  throw new Error(reason);
}
