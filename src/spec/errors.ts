import { defined, errorText, printable } from "../base/index.ts";
import {
  field,
  isNumber,
  isObject,
  type JsonObject,
  type JsonValue,
  wholeNumberOf,
} from "./json/value.ts";

/**
 * The error codes of the specification, section 5, with the names of the Go constants. 0, 8 and
 * 999 exist in code only; 1 to 99 are reserved for the specification, from 100 on for plugins.
 */
export const ErrorCode = {
  UNKNOWN: 0,
  INCOMPATIBLE_CNI_VERSION: 1,
  UNSUPPORTED_FIELD: 2,
  UNKNOWN_CONTAINER: 3,
  INVALID_ENVIRONMENT_VARIABLES: 4,
  IO_FAILURE: 5,
  DECODING_FAILURE: 6,
  INVALID_NETWORK_CONFIG: 7,
  INVALID_NETNS: 8,
  TRY_AGAIN_LATER: 11,
  PLUGIN_NOT_AVAILABLE: 50,
  LIMITED_CONNECTIVITY: 51,
  INTERNAL: 999,
} as const;

/** What an error may have beside code and message. */
export interface CniErrorOptions {
  /** What helps a person further; the empty text counts as none. */
  readonly details?: string;
  /** What led to the error; it is not printed. */
  readonly cause?: unknown;
  /** What a person can do about it, for a command line; no part of the protocol, and not printed. */
  readonly advice?: string;
}

/**
 * An error with the specification's code (section 5, error); its text is `msg`, or `msg; details`.
 * What is not to be seen in a text, or what a terminal would act upon, stands as an escape (`\u001b`).
 *
 * @example
 * ```ts
 * import { CniError, ErrorCode } from "hawser/spec";
 *
 * const error = new CniError(ErrorCode.TRY_AGAIN_LATER, "no answer yet", { details: "10 s" });
 * error.message; // → "no answer yet; 10 s"
 * error.toJson("1.1.0"); // → { cniVersion: "1.1.0", code: 11, msg: "no answer yet", details: "10 s" }
 * CniError.fromJson({ code: 11, msg: "busy" }).code; // → 11
 * CniError.from(new TypeError("oops")).code; // → ErrorCode.INTERNAL
 * ```
 */
export class CniError extends Error {
  override name = "CniError";
  /** One of `ErrorCode`, or a plugin's own from 100 on. */
  readonly code: number;
  /** What went wrong, in a few words. */
  readonly msg: string;
  /** More about it; absent when there is nothing more. */
  readonly details?: string;
  /** What a person can do about it; absent where the thrower does not know. */
  readonly advice?: string;

  constructor(code: number, text: string, options: CniErrorOptions = {}) {
    const msg = printable(text);
    const details =
      options.details === undefined || options.details === ""
        ? undefined
        : printable(options.details);
    super(
      details === undefined ? msg : `${msg}; ${details}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.msg = msg;
    if (details !== undefined) this.details = details;
    if (options.advice !== undefined) this.advice = printable(options.advice);
  }

  /** The error object a plugin prints; `cniVersion` is left out when not given. */
  toJson(cniVersion?: string): JsonObject {
    return {
      ...defined({ cniVersion }),
      code: this.code,
      msg: this.msg,
      ...defined({ details: this.details }),
    };
  }

  /**
   * Any thrown value as a CniError: one found anywhere in the chain of causes as it is, everything
   * else with its own text. A system's error, which has the name of an errno as its `code`, is an
   * I/O failure (5), or something to try again later (11) where a resource was short; the rest is
   * an internal error (999).
   */
  static from(thrown: unknown): CniError {
    let link: unknown = thrown;
    for (let depth = 0; depth < 32 && link instanceof Error; depth++) {
      if (link instanceof CniError) return link;
      link = link.cause;
    }
    const text = errorText(thrown);
    return new CniError(codeOf(thrown), text, { cause: thrown });
  }

  /**
   * Reads the error object a plugin printed (keys without regard to case, `cniVersion` not
   * needed, absent code 0).
   * @throws CniError with code 6 when it is none
   */
  static fromJson(value: JsonValue): CniError {
    if (!isObject(value)) throw decoding("an error must be a JSON object");
    const code = field(value, "code") ?? 0;
    if (!isNumber(code)) throw decoding("code of an error must be a number");
    const number = wholeNumberOf(code);
    if (number === undefined || number < 0) {
      throw decoding(`code of an error must be a whole number, not ${code.toString()}`);
    }
    const details = text(value, "details");
    return new CniError(number, text(value, "msg"), details === "" ? {} : { details });
  }
}

function text(object: JsonObject, key: string): string {
  const value = field(object, key) ?? "";
  if (typeof value !== "string") throw decoding(`${key} of an error must be a string`);
  return value;
}

function decoding(msg: string): CniError {
  return new CniError(ErrorCode.DECODING_FAILURE, msg);
}

/**
 * The error of code 7 for a configuration that cannot be used as it is.
 *
 * @example
 * ```ts
 * import { invalidConfig } from "hawser/spec";
 *
 * const error = invalidConfig('"mtu" is too small', "68 at least");
 * error.code; // → 7
 * error.message; // → '"mtu" is too small; 68 at least'
 * ```
 */
export function invalidConfig(msg: string, details?: string): CniError {
  return new CniError(ErrorCode.INVALID_NETWORK_CONFIG, msg, defined({ details }));
}

/**
 * Whether a plugin may use the code for its own errors: 100 and above (section 5, error).
 *
 * @example
 * ```ts
 * import { isPluginCode } from "hawser/spec";
 *
 * isPluginCode(100); // → true
 * isPluginCode(7); // → false
 * ```
 */
export function isPluginCode(code: number): boolean {
  return Number.isInteger(code) && code >= 100;
}

/** What passes by itself: memory, descriptors and buffers are there again a moment later. */
const SHORTAGES: ReadonlySet<string> = new Set([
  "ENOMEM",
  "ENOBUFS",
  "EMFILE",
  "ENFILE",
  "EAGAIN",
  "EBUSY",
  "EINTR",
]);

function codeOf(thrown: unknown): number {
  const errno = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (typeof errno !== "string" || !/^E[A-Z0-9]+$/.test(errno)) return ErrorCode.INTERNAL;
  return SHORTAGES.has(errno) ? ErrorCode.TRY_AGAIN_LATER : ErrorCode.IO_FAILURE;
}
