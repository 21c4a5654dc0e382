import { type CachedFile, type CacheMemory, cachedFiles } from "../../runtime/index.ts";
import { type OnProblem, problemOf } from "./problem.ts";

/** More files than any node has attachments; what follows is not read. */
const FILES_MAX = 50_000;

/**
 * What the cache directories hold, each file once; files that cannot be understood are problems, and
 * found all the same: each was an attachment once.
 */
export function cacheFiles(
  cacheDirs: readonly string[],
  onProblem: OnProblem,
  memory?: CacheMemory,
): CachedFile[] {
  return [...new Set(cacheDirs)].flatMap((cacheDir) => {
    const found: CachedFile[] = [];
    try {
      for (const file of cachedFiles(cacheDir, memory)) {
        if (found.length === FILES_MAX) throw new Error(`more than ${FILES_MAX} files: not read`);
        found.push(file);
        const { path, problem } = file;
        if (problem !== undefined) onProblem({ source: path, text: problem, refused: false });
      }
    } catch (error) {
      onProblem(problemOf(`${cacheDir}/results`, error));
    }
    return found;
  });
}
