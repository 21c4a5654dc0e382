/**
 * The path of a network namespace leads nowhere: most likely the namespace was deleted.
 *
 * @example
 * ```ts
 * import { Netns, NetnsGoneError } from "hawser/netns";
 *
 * Netns.open("/run/netns/gone"); // throws NetnsGoneError: failed to Statfs "/run/netns/gone"
 * new NetnsGoneError("/run/netns/gone").path; // → "/run/netns/gone"
 * ```
 */
export class NetnsGoneError extends Error {
  override readonly name: string = "NetnsGoneError";
  readonly path: string;

  constructor(path: string, cause?: unknown) {
    super(`failed to Statfs ${JSON.stringify(path)}: no such file or directory`, { cause });
    this.path = path;
  }
}

/**
 * The path exists and is something else than a network namespace.
 *
 * @example
 * ```ts
 * import { Netns } from "hawser/netns";
 *
 * Netns.open("/etc/hosts"); // throws NotANetnsError: unknown FS magic on "/etc/hosts"
 * ```
 */
export class NotANetnsError extends Error {
  override readonly name: string = "NotANetnsError";
  readonly path: string;

  constructor(path: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.path = path;
  }

  /** For a file on a file system that holds no namespaces. */
  static ofMagic(path: string, magic: number): NotANetnsError {
    const text = `unknown FS magic on ${JSON.stringify(path)}: ${magic.toString(16)}`;
    return new NotANetnsError(path, text);
  }
}
