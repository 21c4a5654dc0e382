import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import { originOf, withWholeLinks } from "./links.ts";
import { must } from "./must.ts";

/** What a tarball holds. */

export interface Layout {
  readonly version: string;
  /** Laid out as dist: `hawser` and `entry`. */
  readonly dist: string;
  /** Manual pages and completions, below `man` and their like. */
  readonly share: string;
  /** THIRD-PARTY.txt. */
  readonly notices: string;
  readonly directory: string;
}

const DOCUMENTS = ["README.md", "CHANGELOG.md", "SECURITY.md"];
const UNITS = "packaging/systemd";

/** Fills a directory that is not there yet. `hawser install` of it puts all of this in place. */
export function layOut({ version, dist, share, notices, directory }: Layout): void {
  mkdirSync(directory, { recursive: true });
  copyFileSync(join(dist, "hawser"), join(directory, "hawser"));
  cpSync(join(dist, "entry"), join(directory, "entry"), {
    recursive: true,
    verbatimSymlinks: true,
  });
  cpSync(share, join(directory, "share"), { recursive: true });
  mkdirSync(join(directory, "systemd"));
  for (const name of readdirSync(join(ROOT, UNITS))) {
    copyFileSync(join(ROOT, UNITS, name), join(directory, "systemd", name));
  }
  copyFileSync(join(ROOT, "LICENSE"), join(directory, "LICENSE"));
  // The pages that they lead to are not there.
  for (const name of DOCUMENTS) {
    const text = readFileSync(join(ROOT, name), "utf8");
    writeFileSync(join(directory, name), withWholeLinks(text, originOf(version)));
  }
  writeFileSync(join(directory, "THIRD-PARTY.txt"), notices);
}

/**
 * Manual pages and completions, as an executable that runs here installs them.
 * @returns the directory that has `man` and the others
 */
export async function sharedFiles(executable: string, scratch: string): Promise<string> {
  const bin = join(scratch, "bin");
  const prefix = join(scratch, "prefix");
  const words = ["install", "--bin-dir", bin, "--prefix", prefix];
  await must([executable, ...words], { cwd: scratch });
  rmSync(bin, { recursive: true });
  return join(prefix, "share");
}
