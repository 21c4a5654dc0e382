import { errnoName, errnoText } from "./errno.ts";

/** What is known about a failed call beyond its name and number. */
export interface KernelErrorDetails {
  /** Text of the kernel's extended acknowledgement (NLMSGERR_ATTR_MSG). */
  readonly extack?: string | undefined;
  /** Byte in the request that the kernel complains about (NLMSGERR_ATTR_OFFS). */
  readonly offset?: number | undefined;
  readonly cause?: unknown;
}

/**
 * A call that the kernel refused. This is the one shape of error from the kernel up: a system call
 * and a netlink acknowledgement look the same.
 *
 * @example
 * ```ts
 * import { Errno, KernelError } from "hawser/netlink";
 *
 * const error = new KernelError("add link eth0", Errno.EEXIST);
 * error.message; // → "add link eth0: file exists"
 * error.code; // → "EEXIST"
 * ```
 */
export class KernelError extends Error {
  override readonly name: string = "KernelError";
  /** What was tried, in words: `open /run/netns/blue`, `add link eth0`. */
  readonly operation: string;
  /** Positive error number. */
  readonly errno: number;
  /** Symbol of the error number: `EEXIST`. */
  readonly code: string;
  /** Text of the extended acknowledgement, where the kernel gave one. */
  declare readonly extack?: string;
  /** Byte in the request, its header included, that the kernel complains about. */
  declare readonly offset?: number;

  constructor(operation: string, errno: number, details: KernelErrorDetails = {}) {
    const { extack, offset, cause } = details;
    const told = extack === undefined || extack === "" ? "" : `: ${extack}`;
    super(`${operation}: ${errnoText(errno)}${told}`, cause === undefined ? undefined : { cause });
    this.operation = operation;
    this.errno = errno;
    this.code = errnoName(errno);
    if (extack !== undefined) this.extack = extack;
    if (offset !== undefined) this.offset = offset;
  }

  /** The same failure under a better name; the first one stays as the cause. */
  during(operation: string): KernelError {
    const { extack, offset } = this;
    return new KernelError(operation, this.errno, { extack, offset, cause: this });
  }
}

/**
 * Whether an unknown thrown value is a KernelError with one of these error numbers.
 *
 * @example
 * ```ts
 * import { Errno, isKernelError, KernelError } from "hawser/netlink";
 *
 * const error: unknown = new KernelError("delete link eth0", Errno.ENODEV);
 * isKernelError(error, Errno.ENODEV); // → true
 * isKernelError(error, Errno.EPERM); // → false
 * isKernelError(new Error("no")); // → false
 * ```
 */
export function isKernelError(error: unknown, ...errnos: readonly number[]): error is KernelError {
  if (!(error instanceof KernelError)) return false;
  return errnos.length === 0 || errnos.includes(error.errno);
}

/** Does what the kernel may refuse with one of these error numbers; gives whether it did not. */
export function ignoring(errnos: readonly number[], work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (isKernelError(error) && errnos.includes(error.errno)) return false;
    throw error;
  }
}
