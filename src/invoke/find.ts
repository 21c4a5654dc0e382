import { readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { nearest } from "../base/index.ts";
import { CniError, checkPluginType, ErrorCode } from "../spec/index.ts";

/**
 * Finds a plugin's executable: the first `<dir>/<type>` that is a regular file, links followed
 * (specification, section 3). Whether it may be executed is seen when it is. A relative
 * directory, also the empty one, starts at the current directory.
 *
 * A bad type is a CniError of code 7, no directories one of code 4, nothing found one of code 50.
 *
 * @example
 * ```ts
 * import { findPlugin } from "hawser/invoke";
 *
 * findPlugin("hello", ["/nowhere", "/opt/cni/bin"]); // → "/opt/cni/bin/hello"
 * findPlugin("hallo", ["/opt/cni/bin"]); // throws CniError 50: failed to find plugin "hallo"
 * ```
 */
export function findPlugin(type: string, paths: readonly string[]): string {
  checkPluginType(type);
  if (paths.length === 0) {
    throw new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, "no paths provided", {
      advice: "name the plugins' directory by CNI_PATH",
    });
  }
  for (const dir of paths) {
    const path = join(dir, type);
    if (isRegularFile(path)) return path;
  }
  const install = "install the plugin, or name its directory by --plugin-dir or CNI_PATH";
  const near = nearest(type, paths.flatMap(namesIn));
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `failed to find plugin ${JSON.stringify(type)} in path [${paths.join(" ")}]`,
    { advice: near === undefined ? install : `did you mean ${near}? Else ${install}` },
  );
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function isRegularFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    return false; // a directory that may not be searched, a file where a directory should be
  }
}

/**
 * The directories of a `CNI_PATH`, which the system's list separator divides; empty has none.
 *
 * @example
 * ```ts
 * import { splitPath } from "hawser/invoke";
 *
 * splitPath("/opt/cni/bin:/usr/lib/cni"); // → ["/opt/cni/bin", "/usr/lib/cni"]
 * splitPath(""); // → []
 * ```
 */
export function splitPath(text: string): string[] {
  return text === "" ? [] : text.split(delimiter);
}
