import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import {
  type Executor,
  InProcessExecutor,
  type PluginEntry,
  ProcessExecutor,
} from "../../invoke/index.ts";
import { PLUGINS, traitsOf } from "./plugins.ts";

/** What the file of an entry program ends with; the build appends it. */
export const ENTRY_TRAILER = "HAWSER-ENTRY/1\n\0";

/**
 * Runs plugins in this process where the search in `CNI_PATH` ends at this very program or at one of
 * its entry programs, and as processes where it ends anywhere else: what is installed is what runs.
 *
 * @param program The file of this program: the executable, or src/cli/main.ts when Bun runs that.
 * @param fallback Finds plugins, and runs those of others.
 * @param around Gives what runs in the place of a plugin of this program.
 */
export function ownExecutor(
  program: string,
  fallback: Executor = new ProcessExecutor(),
  around: (type: string, entry: PluginEntry) => PluginEntry = (_, entry) => entry,
): InProcessExecutor {
  return new InProcessExecutor({
    plugins: async (type) => {
      const plugin = await PLUGINS.get(type)?.();
      return plugin === undefined ? undefined : around(type, plugin.entry);
    },
    isOwn: (path) => isOwn(path, program),
    traits: traitsOf,
    fallback,
  });
}

/** Whether a file is this program, or an entry program that would hand the call to it. */
export function isOwn(path: string, program: string): boolean {
  return isSameFile(path, program) || isEntry(path);
}

/** Whether two paths lead to one file, links followed. */
function isSameFile(path: string, other: string): boolean {
  try {
    return realpathSync(path) === realpathSync(other);
  } catch {
    return false;
  }
}

/** Whether a file ends as the build makes entry programs end. */
function isEntry(path: string): boolean {
  let fd: number | undefined;
  try {
    if (!statSync(path).isFile()) return false; // a pipe would not let itself be opened
    fd = openSync(path, "r");
    const { size } = fstatSync(fd);
    const end = Buffer.alloc(ENTRY_TRAILER.length);
    readSync(fd, end, 0, end.length, Math.max(0, size - end.length));
    return end.toString("latin1") === ENTRY_TRAILER;
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
