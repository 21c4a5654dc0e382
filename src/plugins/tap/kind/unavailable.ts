import { Errno, isKernelError, openTun, TUN_DEVICE } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";

const REMEDIES: Readonly<Record<number, string>> = {
  [Errno.ENOENT]: "the kernel's module tun makes it (modprobe tun)",
  [Errno.ENODEV]: "the kernel has no module tun",
  [Errno.ENXIO]: "the kernel has no module tun",
  [Errno.EPERM]: "the rules for devices (cgroup) of this process forbid it",
  [Errno.EACCES]: "this process must be root",
};

/** The error of a host that can make no tap, of code 50; undefined for any other error. */
export function noTun(error: unknown): CniError | undefined {
  if (!isKernelError(error) || REMEDIES[error.errno] === undefined) return undefined;
  return new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, `no tap can be made: ${error.message}`, {
    details: `${TUN_DEVICE}: ${REMEDIES[error.errno] ?? ""}`,
    cause: error,
  });
}

/** @throws CniError of code 50 when this host can make no tap. */
export function tunReady(): void {
  try {
    openTun().close();
  } catch (error) {
    throw noTun(error) ?? error;
  }
}
