import { defined, errorText } from "../base/index.ts";
import { PluginFailure } from "../invoke/index.ts";
import { CniError, ErrorCode, type Operation, type PluginConfig } from "../spec/index.ts";

/**
 * A plugin of a network failed in ADD or DEL. Code and details are the plugin's own; the message
 * names the plugin before the plugin's message.
 *
 * @example
 * ```ts
 * import { ChainError, Runtime } from "hawser/runtime";
 * import { parseNetworkConfig } from "hawser/spec";
 *
 * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
 * const list = parseNetworkConfig('{"name": "n", "plugins": [{"type": "hello"}, {"type": "gone"}]}');
 * const conf = { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" };
 * const error = await runtime.add(list, conf).catch((thrown) => thrown);
 * error instanceof ChainError; // → true
 * [error.code, error.type, error.position]; // → [50, "gone", 1]
 * ```
 */
export class ChainError extends CniError {
  override name = "ChainError";
  readonly operation: Operation;
  /** The plugin's type. */
  readonly type: string;
  /** Place of the plugin in its network, from 0. */
  readonly position: number;
  /** The error itself. */
  readonly plugin: CniError;
  /** How the plugin's process ended, when it was run at all. */
  readonly failure: PluginFailure | undefined;
  /** What failed in taking an ADD back; empty when nothing is left behind. */
  readonly cleanupErrors: readonly CniError[];

  constructor(
    operation: Operation,
    config: PluginConfig,
    position: number,
    error: CniError,
    cleanupErrors: readonly CniError[] = [],
  ) {
    const named = config.name ? ` name=${JSON.stringify(config.name)}` : "";
    const word = operation === "DEL" ? "delete" : operation.toLowerCase();
    const msg = `plugin type=${JSON.stringify(config.type)}${named} failed (${word}): ${error.msg}`;
    super(error.code, msg, {
      ...defined({ details: error.details }),
      cause: error,
    });
    this.operation = operation;
    this.type = config.type;
    this.position = position;
    this.plugin = error;
    this.cleanupErrors = cleanupErrors;
    this.failure = error instanceof PluginFailure ? error : undefined;
  }
}

/**
 * Several things failed; code and first line are those of the first.
 *
 * @example
 * ```ts
 * import { ManyErrors } from "hawser/runtime";
 * import { CniError, ErrorCode } from "hawser/spec";
 *
 * const busy = new CniError(ErrorCode.TRY_AGAIN_LATER, "busy");
 * const error = new ManyErrors([busy, new CniError(ErrorCode.INTERNAL, "broken")]);
 * error.code; // → 11
 * error.message; // → "busy\nbroken"
 * ```
 */
export class ManyErrors extends CniError {
  override name = "ManyErrors";
  /** All of them, in the order in which they happened. */
  readonly errors: readonly CniError[];

  constructor(errors: readonly CniError[]) {
    super(errors[0]?.code ?? ErrorCode.UNKNOWN, errors.map((error) => error.message).join("\n"), {
      cause: errors[0],
    });
    this.errors = errors;
  }
}

/**
 * ADD succeeded but could not be remembered; it was taken back. Code 5.
 *
 * @example
 * ```ts
 * import { writeFileSync } from "node:fs";
 * import { CacheWriteError, loadNetwork, Runtime } from "hawser/runtime";
 *
 * writeFileSync("file", "no directory");
 * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "file", locks: false });
 * const { config } = loadNetwork("/etc/cni/net.d", "hellonet");
 * const conf = { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" };
 * const error = await runtime.add(config, conf).catch((thrown) => thrown);
 * error instanceof CacheWriteError; // → true
 * error.code; // → 5
 * ```
 */
export class CacheWriteError extends CniError {
  override name = "CacheWriteError";
  /** What failed in taking the ADD back; empty when nothing is left behind. */
  readonly cleanupErrors: readonly CniError[];

  constructor(network: string, error: CniError, cleanupErrors: readonly CniError[] = []) {
    const msg = `failed to set network ${JSON.stringify(network)} cached result: ${error.message}`;
    const advice =
      "look at the cache's directory: does it exist, is it writable, is its disk full?";
    super(ErrorCode.IO_FAILURE, msg, { cause: error, advice });
    this.cleanupErrors = cleanupErrors;
  }
}

/**
 * The configuration's version is older than CHECK, which came with 0.4.0. Code 1.
 *
 * @example
 * ```ts
 * import { Runtime } from "hawser/runtime";
 * import { parseNetworkConfig } from "hawser/spec";
 *
 * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
 * const list = parseNetworkConfig('{"cniVersion": "0.3.1", "name": "n", "plugins": [{"type": "hello"}]}');
 * const conf = { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" };
 * await runtime.check(list, conf); // throws CheckNotSupportedError 1: configuration version "0.3.1"
 * ```
 */
export class CheckNotSupportedError extends CniError {
  override name = "CheckNotSupportedError";

  constructor(version: string) {
    const msg = `configuration version ${JSON.stringify(version)} does not support the CHECK command`;
    super(ErrorCode.INCOMPATIBLE_CNI_VERSION, msg, {
      advice: 'write "cniVersion": "1.0.0" or later into the network\'s configuration',
    });
  }
}

/**
 * ADD was asked for what is attached already (specification, section 3, lifecycle). Code 4.
 *
 * @example
 * ```ts
 * import { loadNetwork, Runtime } from "hawser/runtime";
 *
 * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
 * const { config } = loadNetwork("/etc/cni/net.d", "hellonet");
 * const conf = { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" };
 * await runtime.add(config, conf);
 * await runtime.add(config, conf); // throws AlreadyAttachedError 4: container web-1 is attached
 * ```
 */
export class AlreadyAttachedError extends CniError {
  override name = "AlreadyAttachedError";

  constructor(network: string, containerId: string, ifName: string) {
    super(
      ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
      `container ${containerId} is attached to network ${JSON.stringify(network)} as ${ifName} already`,
      {
        details: "run DEL before another ADD",
        advice: "run del first, or attach the container under another interface name",
      },
    );
  }
}

/**
 * The caller's signal ended an operation: before it began, while it waited for another one, or while a
 * plugin ran. Code 11; `cause` is the signal's reason.
 *
 * @example
 * ```ts
 * import { AbortError, loadNetwork, Runtime } from "hawser/runtime";
 *
 * const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
 * const { config } = loadNetwork("/etc/cni/net.d", "hellonet");
 * const conf = { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" };
 * const signal = AbortSignal.abort("the user has left");
 * const error = await runtime.add(config, conf, { signal }).catch((thrown) => thrown);
 * error instanceof AbortError; // → true
 * [error.name, error.operation, error.cause]; // → ["AbortError", "ADD", "the user has left"]
 * ```
 */
export class AbortError extends CniError {
  override name = "AbortError";
  readonly operation: Operation;
  /** The plugin that ran, and how it ended; absent when none did. */
  readonly failure: PluginFailure | undefined;
  /** What failed in taking an ADD back; empty when nothing is left behind. */
  readonly cleanupErrors: readonly CniError[];

  /**
   * @param reason the signal's
   * @param ended what the operation threw, when it had begun
   */
  constructor(operation: Operation, reason: unknown, ended?: CniError) {
    const failure = failuresOf(ended).find(({ aborted }) => aborted);
    const when = failure === undefined ? "before a plugin ran" : `while ${failure.type} ran`;
    super(ErrorCode.TRY_AGAIN_LATER, `${operation} was aborted ${when}`, {
      ...defined({ details: ended?.details }),
      cause: reason,
      ...(operation === "ADD" && { advice: "what was begun is taken back; run del to be sure" }),
    });
    this.operation = operation;
    this.failure = failure;
    this.cleanupErrors = ended instanceof ChainError ? ended.cleanupErrors : [];
  }
}

/** The plugins that an error tells of, as they ended. */
export function failuresOf(error: unknown): PluginFailure[] {
  if (error instanceof ManyErrors) return error.errors.flatMap(failuresOf);
  if (error instanceof PluginFailure) return [error];
  return error instanceof CniError ? failuresOf(error.cause) : [];
}

/** An error with a phrase before its message; its code and details are kept. */
export function prefixed(prefix: string, thrown: unknown): CniError {
  const error = asCniError(thrown, ErrorCode.INTERNAL);
  return new CniError(error.code, `${prefix}: ${error.msg}`, {
    ...defined({ details: error.details }),
    cause: error,
  });
}

/** Any thrown value as a CniError; one without a code of its own gets `code`. */
export function asCniError(thrown: unknown, code: number): CniError {
  if (thrown instanceof CniError) return thrown;
  const text = errorText(thrown);
  return new CniError(code, text, { cause: thrown });
}
