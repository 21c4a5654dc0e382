import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { PackedFile } from "./content.ts";

/** A directory that is packed, without anything of this machine: modes and times are set. */

const DIRECTORY_MODE = 0o755;

export function writeTree(root: string, files: readonly PackedFile[]): void {
  for (const { path, mode, content } of files) {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    if ("link" in content) symlinkSync(content.link, place);
    else {
      writeFileSync(place, content.bytes);
      chmodSync(place, mode);
    }
  }
}

/** Gives everything below one time, and directories one mode. */
export function pinTree(root: string, epochSeconds: number): void {
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const path = join(root, entry.name);
    if (entry.isDirectory()) pinTree(path, epochSeconds);
    else if (entry.isSymbolicLink()) lutimesSync(path, epochSeconds, epochSeconds);
    else utimesSync(path, epochSeconds, epochSeconds);
  }
  chmodSync(root, DIRECTORY_MODE);
  utimesSync(root, epochSeconds, epochSeconds);
}
