import { CniError, ErrorCode } from "../spec/index.ts";

/** The system's code of an error, such as `ENOENT`; empty for other errors. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** An error of code 5 in words; what is one already stays as it is. */
export function ioError(doing: string, error: unknown): CniError {
  if (error instanceof CniError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new CniError(ErrorCode.IO_FAILURE, `${doing}: ${text}`, { cause: error });
}

/** Does something with files; what goes wrong is told with what was being done. */
export function attempt<T>(doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw ioError(doing, error);
  }
}
