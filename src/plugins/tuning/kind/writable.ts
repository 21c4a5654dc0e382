import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { errorText } from "../../../base/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";

/** Stands for all files under /proc/sys/net: a read-only mount refuses it like the others. */
const ANY_SYSCTL = "/proc/sys/net/core/somaxconn";

/** @throws CniError of code 50 where no sysctl can be written. */
export function verifyWritableSysctls(): void {
  verifyWritable(ANY_SYSCTL, "sysctls cannot be set");
}

/** @throws CniError of code 50 where the directory, or the nearest above it that exists, is read-only. */
export function verifyWritableDirectory(path: string): void {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  verifyWritable(at, `backups cannot be written to ${path}`);
}

function verifyWritable(path: string, what: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (cause) {
    const details = errorText(cause);
    throw new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, what, { details, cause });
  }
}
