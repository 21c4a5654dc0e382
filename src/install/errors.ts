import { errorText } from "../base/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";

/** An error of code 5 in words; what is one already stays as it is. */
export function ioError(doing: string, error: unknown): CniError {
  if (error instanceof CniError) return error;
  const text = errorText(error);
  return new CniError(ErrorCode.IO_FAILURE, `${doing}: ${text}`, { cause: error });
}

/** Does something with files; its error says what was being done. */
export function attempt<T>(doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw ioError(doing, error);
  }
}
