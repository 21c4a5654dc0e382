import {
  CLONE_NEWNET,
  Errno,
  type Fd,
  ioctl,
  isKernelError,
  KernelError,
  NS_GET_NSTYPE,
  NSFS_MAGIC,
  O_NONBLOCK,
  O_RDONLY,
  open,
  PROC_SUPER_MAGIC,
  statfsMagic,
} from "../sys/index.ts";
import { NetnsGoneError, NotANetnsError } from "./error.ts";

const THREAD_NETNS = "/proc/thread-self/ns/net";

/** Opens the network namespace of the calling thread. */
export function openThreadNetns(): Fd {
  return open(THREAD_NETNS, O_RDONLY);
}

/** Name of the calling thread's namespace, as a source of a bind mount. */
export const threadNetnsPath: string = THREAD_NETNS;

/**
 * Opens a path that must be a network namespace.
 *
 * The file system is judged before the file is opened, so that a device or a pipe is never touched,
 * and again on the open file, because the path may have changed its meaning in between. Files of
 * /proc pass that test; what settles the matter is the kernel's answer to NS_GET_NSTYPE.
 */
export function openNetns(path: string): Fd {
  if (path.includes("\0")) {
    throw new NotANetnsError(path, `${JSON.stringify(path)} is not a path: it holds a NUL byte`);
  }
  checkMagic(path, () => statfsMagic(path));
  // A pipe that took the path's place must not hold us up: hence O_NONBLOCK.
  const fd = lookUp(path, () => open(path, O_RDONLY | O_NONBLOCK));
  try {
    checkMagic(path, () => statfsMagic(fd));
    checkType(path, fd);
    return fd;
  } catch (error) {
    fd.close();
    throw error;
  }
}

function checkMagic(path: string, find: () => number): void {
  const magic = lookUp(path, find);
  if (magic !== NSFS_MAGIC && magic !== PROC_SUPER_MAGIC) throw NotANetnsError.ofMagic(path, magic);
}

function checkType(path: string, fd: Fd): void {
  try {
    if (ioctl(fd, NS_GET_NSTYPE) === CLONE_NEWNET) return;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw new NotANetnsError(path, `${JSON.stringify(path)} is not a namespace`, error);
  }
  const text = `${JSON.stringify(path)} is a namespace of another type than net`;
  throw new NotANetnsError(path, text);
}

/** ESRCH is what /proc says of a process that ends at this very moment. */
function lookUp<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (isKernelError(error, Errno.ENOENT, Errno.ESRCH)) throw new NetnsGoneError(path, error);
    throw error;
  }
}
