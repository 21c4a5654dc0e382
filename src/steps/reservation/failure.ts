import { CniError, ErrorCode } from "../../spec/index.ts";

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "check the owner and the mode of the directory (ipam.dataDir)",
  EPERM: "check the owner and the mode of the directory (ipam.dataDir)",
  EROFS: "the file system is read-only; set ipam.dataDir to a writable directory",
  ENOSPC: "free some space or inodes on that file system, or set ipam.dataDir to another",
  EDQUOT: "the disk quota is used up; set ipam.dataDir to another file system",
  ENAMETOOLONG: "choose a shorter name for the network, or a shorter ipam.dataDir",
  ENOTDIR: "a part of the path is a file; set ipam.dataDir to a directory",
};

/** A failed file operation as code 5, with what to do about it where that is known. */
export function ioFailure(what: string, error: unknown): CniError {
  const cause = error instanceof Error ? error.message : String(error);
  const advice = ADVICE[errnoOf(error) ?? ""];
  return new CniError(ErrorCode.IO_FAILURE, `${what}: ${cause}`, {
    cause: error,
    ...(advice === undefined ? {} : { details: advice }),
  });
}

/** The symbol of the error number (`ENOENT`), also of an error's cause. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  if ("code" in error && typeof error.code === "string") {
    return error.code;
  }
  return errnoOf(error.cause);
}
