import {
  AF_UNIX,
  connect,
  Errno,
  isKernelError,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  socket,
  unixAddress,
} from "../kernel/sys/index.ts";

/**
 * Whether a process takes connections at a Unix socket. Only the kernel's word that none does counts: of one whose queue
 * is full, or that this user may not reach, a process may listen.
 */
export function isListening(path: string): boolean {
  using asked = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  try {
    connect(asked, unixAddress(path));
    return true;
  } catch (error) {
    return !isKernelError(error, Errno.ECONNREFUSED, Errno.ENOENT);
  }
}
