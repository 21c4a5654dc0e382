import { defined, errnoName, errorText } from "../../base/index.ts";
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
  const cause = errorText(error);
  const advice = ADVICE[errnoName(error)];
  return new CniError(ErrorCode.IO_FAILURE, `${what}: ${cause}`, {
    cause: error,
    ...defined({ details: advice }),
  });
}

/** Does something with a file, whose failure is one of code 5. */
export function orIoFailure<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw ioFailure(what, error);
  }
}
