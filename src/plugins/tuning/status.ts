import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { errorText } from "../../base/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import type { TuningConfig } from "./config.ts";

/** Stands for all files under /proc/sys/net: a read-only mount refuses it like the others. */
const ANY_SYSCTL = "/proc/sys/net/core/somaxconn";

/**
 * What can be told without a container: whether sysctls can be written at all, and backups.
 * @throws CniError of code 50.
 */
export function verifyStatus({ sysctls, attributes, dataDir }: TuningConfig): void {
  if (sysctls.length > 0) verifyWritable(ANY_SYSCTL, "sysctls cannot be set");
  if (sysctls.length > 0 || Object.keys(attributes).length > 0) {
    verifyWritable(nearest(dataDir), `backups cannot be written to ${dataDir}`);
  }
}

function verifyWritable(path: string, what: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (cause) {
    const reason = errorText(cause);
    throw new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, what, { details: reason, cause });
  }
}

/** The directory itself, or the nearest above it that is there. */
function nearest(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}
