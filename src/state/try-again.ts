import { CniError, type CniErrorOptions, ErrorCode } from "../spec/index.ts";

/** The error of what may succeed later: another attachment has it now, or a wait took too long. */
export function tryAgain(msg: string, more: CniErrorOptions = {}): CniError {
  return new CniError(ErrorCode.TRY_AGAIN_LATER, msg, more);
}
