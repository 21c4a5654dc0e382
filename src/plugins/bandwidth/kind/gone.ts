import { Errno, isKernelError } from "../../../kernel/sys/index.ts";

/** Between question and removal the link, the qdisc or the filter may go: then all is well. */
export function unlessGone(removal: () => void): void {
  try {
    removal();
  } catch (error) {
    if (!isKernelError(error, Errno.ENOENT, Errno.EINVAL, Errno.ENODEV)) throw error;
  }
}
