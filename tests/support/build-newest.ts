import { areBuilt, directoryOf, goInstall } from "./go-install.ts";
import { PLUGINS } from "./go-plugins.ts";

/**
 * Builds the newest reference plugins from the Go module proxy into the tests' cache. As a program
 * it prints the directory, or the reason why there is none (and still exits 0: a machine without Go
 * runs the tests without these peers).
 */

/** Where the built plugins stand. */
export const NEWEST_DIR: string = directoryOf(PLUGINS);

/** Whether every plugin has been built. */
export function newestIsBuilt(): boolean {
  return areBuilt(PLUGINS);
}

/** Builds what is missing; returns the reason when that is not possible here. */
export async function buildNewest(): Promise<string | undefined> {
  return await goInstall(PLUGINS);
}

if (import.meta.main) {
  const reason = await buildNewest();
  console.log(reason === undefined ? NEWEST_DIR : `not built: ${reason}`);
}
