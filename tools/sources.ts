import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./test/files.ts";

export interface Source {
  /** From the top of the repository. */
  readonly path: string;
  readonly text: string;
}

/** The TypeScript files of some folders. */
export async function readSources(
  folders: readonly string[],
  pattern = "**/*.{ts,tsx}",
): Promise<Source[]> {
  const sources: Source[] = [];
  for (const folder of folders) {
    for await (const path of new Bun.Glob(`${folder}/${pattern}`).scan({ cwd: ROOT, dot: true })) {
      sources.push({ path, text: readFileSync(join(ROOT, path), "utf8") });
    }
  }
  return sources.sort((a, b) => (a.path < b.path ? -1 : 1));
}
