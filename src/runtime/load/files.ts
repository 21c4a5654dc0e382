import { readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { errnoName, errorText } from "../../base/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { readRegularFile } from "../files.ts";

/** The largest configuration file that is read, in bytes. */
export const CONFIG_LIMIT: number = 4 * 1024 * 1024;

/**
 * The files in a directory that end in one of the extensions (with their dot), sorted by name;
 * directories are no files. A missing directory has none.
 * @throws CniError of code 5
 *
 * @example
 * ```ts
 * import { configFiles } from "hawser/runtime";
 *
 * configFiles("/etc/cni/net.d", [".conflist"]); // → ["/etc/cni/net.d/10-hello.conflist"]
 * configFiles("/nowhere", [".conflist"]); // → []
 * ```
 */
export function configFiles(dir: string, extensions: readonly string[]): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && extensions.includes(extname(entry.name)))
      .map((entry) => entry.name)
      .sort()
      .map((name) => join(dir, name));
  } catch (error) {
    if (errnoName(error) === "ENOENT") return [];
    const msg = `failed to read configuration files in ${dir}: ${errorText(error)}`;
    throw new CniError(ErrorCode.IO_FAILURE, msg, { cause: error });
  }
}

/**
 * A configuration file's text.
 * @throws CniError of code 5
 */
export function readConfig(file: string): string {
  try {
    return readRegularFile(file, CONFIG_LIMIT);
  } catch (error) {
    const msg = `error reading ${file}: ${errorText(error)}`;
    throw new CniError(ErrorCode.IO_FAILURE, msg, { cause: error });
  }
}
