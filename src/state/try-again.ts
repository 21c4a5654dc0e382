import { CniError, type CniErrorOptions, ErrorCode } from "../spec/index.ts";

/**
 * The error of what may succeed later: another attachment has it now, or a wait took too long.
 *
 * @example
 * ```ts
 * import { tryAgain } from "hawser/state";
 *
 * tryAgain("port 80 of the host is taken", { details: "by web-1" }).code; // → 11
 * ```
 */
export function tryAgain(msg: string, more: CniErrorOptions = {}): CniError {
  return new CniError(ErrorCode.TRY_AGAIN_LATER, msg, more);
}
