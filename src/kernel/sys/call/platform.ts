/**
 * The program runs on a platform that cannot call the kernel. What only computes (messages, rules,
 * addresses, configurations) works there all the same.
 *
 * @example
 * ```ts
 * import { PlatformError } from "hawser/netlink";
 *
 * const { message } = new PlatformError("Node.js 20.20.2");
 * message.slice(0, 55); // → "Node.js 20.20.2 cannot call the kernel: hawser does so "
 * ```
 */
export class PlatformError extends Error {
  override readonly name: string = "PlatformError";

  /** @param platform Name and version of what runs the program; default: as the process says. */
  constructor(platform: string = runningOn()) {
    super(
      `${platform} cannot call the kernel: hawser does so by bun:ffi, which only Bun has. ` +
        "Run the program by Bun (bun FILE, or bun build --compile), or let hawser/runtime start the " +
        "plugins' executables, which works on Node.js, too",
    );
  }
}

function runningOn(): string {
  return `Node.js ${process.versions.node}`;
}
