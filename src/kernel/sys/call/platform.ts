/**
 * The program runs where the kernel cannot be called: on Node.js without koffi. What only computes
 * (messages, rules, addresses, configurations) works there all the same. Plugins and what they are made
 * of need Bun, and throw this on every other platform.
 *
 * @example
 * ```ts
 * import { PlatformError } from "hawser/netlink";
 *
 * const { message } = new PlatformError("Node.js 20.20.2");
 * message.slice(0, 61); // → "Node.js 20.20.2 cannot call the kernel without koffi: npm ins"
 * ```
 */
export class PlatformError extends Error {
  override readonly name: string = "PlatformError";

  /**
   * @param platform name and version of what runs the program; default: as the process says
   * @param options `needs: "bun"`: koffi does not help
   */
  constructor(
    platform: string = runningOn(),
    { needs = "koffi", cause }: { readonly needs?: "bun" | "koffi"; readonly cause?: unknown } = {},
  ) {
    const lack =
      needs === "bun"
        ? "cannot run these plugins in process, which need Bun"
        : "cannot call the kernel without koffi: npm install koffi";
    super(
      `${platform} ${lack}. Otherwise run the program by Bun (bun FILE, or bun build --compile), or ` +
        "let hawser/runtime start the plugins' executables, which works on Node.js, too",
      cause === undefined ? undefined : { cause },
    );
  }
}

function runningOn(): string {
  return `Node.js ${process.versions.node}`;
}
