import { KernelError } from "./error.ts";
import { Fd } from "./fd.ts";
import { addressOf, cString, lastErrno, libc } from "./library.ts";

// The same numbers on every architecture.
const SYS_FSOPEN = 430;
const SYS_FSCONFIG = 431;
const SYS_FSMOUNT = 432;

// linux/mount.h
const FSOPEN_CLOEXEC = 1;
const FSCONFIG_CMD_CREATE = 6;
const FSMOUNT_CLOEXEC = 1;
const MOUNT_ATTR_RDONLY = 0x01;
const MOUNT_ATTR_NOSUID = 0x02;
const MOUNT_ATTR_NODEV = 0x04;
const MOUNT_ATTR_NOEXEC = 0x08;
const ATTRIBUTES = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/**
 * Mounts sysfs at no path: only the descriptor leads there, and the mount ends with it. `class/net`
 * shows the network devices of the namespace that the thread is in now. Since Linux 5.2.
 */
export function mountSysfs(): Fd {
  const name = cString("sysfs");
  using context = new Fd(
    result("fsopen sysfs", libc().syscall(SYS_FSOPEN, addressOf(name), FSOPEN_CLOEXEC, null, 0, 0)),
  );
  const { number } = context;
  result("mount sysfs", libc().syscall(SYS_FSCONFIG, number, FSCONFIG_CMD_CREATE, null, 0, 0));
  return new Fd(
    result("mount sysfs", libc().syscall(SYS_FSMOUNT, number, FSMOUNT_CLOEXEC, ATTRIBUTES, 0, 0)),
  );
}

/** The errno is read before any other call. */
function result(operation: string, answer: number): number {
  if (answer === -1) throw new KernelError(operation, lastErrno());
  return answer;
}
