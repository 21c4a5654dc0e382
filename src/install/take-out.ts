import { renameSync, rmSync } from "node:fs";
import { isSame, look } from "./content.ts";
import { attempt } from "./errors.ts";
import { type InstalledFile, isOurs, type Manifest } from "./manifest.ts";
import { asidePath } from "./names.ts";
import type { FileReport } from "./plan.ts";

/**
 * Removes a file of Hawser's, and lets what it had replaced come back; one rename, so that the name
 * is never without a plugin. A file that has been changed since is not ours any more, and stays.
 * Undefined when there is nothing any more.
 */
export function takeOut(
  file: InstalledFile,
  manifest: Manifest,
  dryRun: boolean,
): FileReport | undefined {
  const { path, role } = file;
  return attempt(`remove ${path}`, () => {
    const aside = asidePath(path);
    const found = look(path);
    const kept = file.aside ? look(aside) : ({ kind: "absent" } as const);
    const isGone = found.kind === "absent";
    if (!isGone && !isOurs(manifest, path, found)) {
      if (isSame(found, kept) && !dryRun) rmSync(aside);
      return { path, role, fate: "kept" };
    }
    if (kept.kind !== "absent") {
      if (!dryRun) renameSync(aside, path);
      return { path, role, fate: "restored" };
    }
    if (isGone) return undefined;
    if (!dryRun) rmSync(path);
    return { path, role, fate: "removed" };
  });
}
