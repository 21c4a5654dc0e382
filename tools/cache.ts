import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** What is fetched once and kept. */

/** Where things are kept from run to run, and from checkout to checkout. */
export function cacheDirectory(name: string): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "hawser", name);
}

/**
 * Makes a directory that is kept, unless it is there: aside, so that it is whole when it is there, and that
 * two runs may be at it at once.
 * @param make fills the directory that it is given; what it returns is the one that is kept, inside of that
 */
export async function makeOnce(
  directory: string,
  make: (scratch: string) => Promise<string>,
): Promise<void> {
  if (existsSync(directory)) return;
  mkdirSync(dirname(directory), { recursive: true });
  const scratch = mkdtempSync(`${directory}-`);
  try {
    renameSync(await make(scratch), directory);
  } catch (error) {
    // Another run may have been quicker.
    if (!existsSync(directory)) throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
