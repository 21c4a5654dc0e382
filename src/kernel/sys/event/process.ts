import { Fd } from "../call/fd.ts";
import { libc } from "../call/library.ts";

const SYS_PIDFD_OPEN = 434;

/**
 * pidfd_open(2): a descriptor of a process, which is readable from the end of that process on. Undefined
 * where there is no such process, no descriptor is left, or the kernel has no such call.
 */
export function openProcess(pid: number): Fd | undefined {
  const number = libc().syscall(SYS_PIDFD_OPEN, pid, 0, null, 0, 0);
  return number === -1 ? undefined : new Fd(number);
}
