import { realpathSync } from "node:fs";
import { InProcessExecutor, ProcessExecutor } from "../invoke/index.ts";
import { PLUGINS } from "../plugins/registry/index.ts";

/**
 * Runs plugins in this process where the search in `CNI_PATH` ends at this very program, and as
 * processes where it ends anywhere else: what is installed is what runs.
 *
 * @param program The file of this program: the executable, or src/cli/main.ts when Bun runs that.
 */
export function ownExecutor(program: string): InProcessExecutor {
  return new InProcessExecutor({
    plugins: async (type) => (await PLUGINS.get(type)?.())?.entry,
    isOwn: (path) => isSameFile(path, program),
    fallback: new ProcessExecutor(),
  });
}

/** Whether two paths lead to one file, links followed. */
export function isSameFile(path: string, other: string): boolean {
  try {
    return realpathSync(path) === realpathSync(other);
  } catch {
    return false;
  }
}
