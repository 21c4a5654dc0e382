import { PluginFailure } from "../invoke/index.ts";
import { CniError, ErrorCode, type Operation, type PluginConfig } from "../spec/index.ts";

/**
 * A plugin of a network failed in ADD or DEL. Code and details are the plugin's own; the message
 * names the plugin before the plugin's message.
 */
export class ChainError extends CniError {
  override name = "ChainError";
  readonly operation: Operation;
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
      ...(error.details === undefined ? {} : { details: error.details }),
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

/** Several things failed; code and first line are those of the first. */
export class ManyErrors extends CniError {
  override name = "ManyErrors";
  readonly errors: readonly CniError[];

  constructor(errors: readonly CniError[]) {
    super(errors[0]?.code ?? ErrorCode.UNKNOWN, errors.map((error) => error.message).join("\n"), {
      cause: errors[0],
    });
    this.errors = errors;
  }
}

/** ADD succeeded but could not be remembered; it was taken back. */
export class CacheWriteError extends CniError {
  override name = "CacheWriteError";
  /** What failed in taking the ADD back; empty when nothing is left behind. */
  readonly cleanupErrors: readonly CniError[];

  constructor(network: string, error: CniError, cleanupErrors: readonly CniError[] = []) {
    const msg = `failed to set network ${JSON.stringify(network)} cached result: ${error.message}`;
    super(ErrorCode.IO_FAILURE, msg, { cause: error });
    this.cleanupErrors = cleanupErrors;
  }
}

/** The configuration's version is older than CHECK. */
export class CheckNotSupportedError extends CniError {
  override name = "CheckNotSupportedError";

  constructor(version: string) {
    const msg = `configuration version ${JSON.stringify(version)} does not support the CHECK command`;
    super(ErrorCode.INCOMPATIBLE_CNI_VERSION, msg);
  }
}

/** ADD was asked for what is attached already. */
export class AlreadyAttachedError extends CniError {
  override name = "AlreadyAttachedError";

  constructor(network: string, containerId: string, ifName: string) {
    super(
      ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
      `container ${containerId} is attached to network ${JSON.stringify(network)} as ${ifName} already`,
      { details: "run DEL before another ADD" },
    );
  }
}

/** An error with a phrase before its message; its code and details are kept. */
export function prefixed(prefix: string, thrown: unknown): CniError {
  const error = asCniError(thrown, ErrorCode.INTERNAL);
  return new CniError(error.code, `${prefix}: ${error.msg}`, {
    ...(error.details === undefined ? {} : { details: error.details }),
    cause: error,
  });
}

/** Any thrown value as a CniError; one without a code of its own gets `code`. */
export function asCniError(thrown: unknown, code: number): CniError {
  if (thrown instanceof CniError) {
    return thrown;
  }
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new CniError(code, text, { cause: thrown });
}
