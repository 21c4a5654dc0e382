import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";

/** The names of what an installation adds to directories beside the files themselves. */

/** In the plugin directory: what was installed, so that it is known again. */
export const MANIFEST_NAME = ".hawser-installed.json";

/** The full executable in the plugin directory; links and entry programs lead to it. */
export const EXECUTABLE_NAME = "hawser";

/** How the names of unfinished files begin. Without an extension, which runtimes go by. */
export const SCRATCH_PREFIX = ".hawser-new-";

const RANDOM_BYTES = 6;

/** A name for a file that is renamed when it is whole. */
export function scratchPath(dir: string): string {
  return join(dir, `${SCRATCH_PREFIX}${randomBytes(RANDOM_BYTES).toString("hex")}`);
}

/** Where a file of another program waits until Hawser is removed; no runtime reads such an extension. */
export function asidePath(path: string): string {
  return join(dirname(path), `.${basename(path)}.hawser-aside`);
}

/** What is said of plugins that are links to the executable. */
export function withoutDaemon(binDir: string): string {
  return `plugins in ${binDir} are links to the executable and never ask the daemon`;
}
