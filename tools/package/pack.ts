import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { ROOT } from "../test/files.ts";
import { inScratch, run } from "../test/process.ts";

/** What npm makes of a clean clone. */

const PACK_SECONDS = 180;

const PACKED = v.array(
  v.object({
    filename: v.string(),
    size: v.number(),
    unpackedSize: v.number(),
    files: v.array(v.object({ path: v.string() })),
  }),
);

/** Of the repository, what a clone has and the build reads. */
const CLONED = ["src", "tools", "tests", "native", "examples", "docs", "bench", "schemas"];
const FILES = [
  ...["package.json", "package-lock.json", "tsconfig.base.json", "tsconfig.npm.json"],
  ...["CHANGELOG.md", "LICENSE", "README.md"],
];

/** A package as npm publishes it. */
export interface Packed {
  readonly tarball: string;
  /** What is inside. */
  readonly paths: readonly string[];
  /** In bytes, as it is sent and as it lies on a disk. */
  readonly size: number;
  readonly unpackedSize: number;
}

/**
 * Packs in a directory that has what a clone has, and nothing that was built.
 * @param to where the tarball is put
 */
export async function packClone(to: string): Promise<Packed> {
  return await inScratch(async (clone) => {
    for (const name of CLONED) {
      cpSync(join(ROOT, name), join(clone, name), { recursive: true, filter: isCloned });
    }
    for (const name of FILES) cpSync(join(ROOT, name), join(clone, name));
    symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"));
    return await pack(clone, to);
  });
}

/** Packs what stands in dist, without building it. */
export async function packBuilt(to: string): Promise<Packed> {
  return await packAsIs(ROOT, to);
}

/** Packs a directory as it stands: nothing of it is built. */
export async function packAsIs(root: string, to: string): Promise<Packed> {
  return await pack(root, to, ["--ignore-scripts"]);
}

async function pack(root: string, to: string, more: readonly string[] = []): Promise<Packed> {
  mkdirSync(to, { recursive: true });
  const argv = ["npm", "pack", "--json", "--silent", "--pack-destination", to, ...more];
  const { exitCode, output } = await run(argv, { cwd: root, timeoutSeconds: PACK_SECONDS });
  if (exitCode !== 0) throw new Error(`npm pack ended with ${exitCode}:\n${output}`);
  const [one] = v.parse(PACKED, JSON.parse(output.slice(output.indexOf("[\n"))));
  if (one === undefined) throw new Error(`npm pack names no package:\n${output}`);
  const { filename, files, size, unpackedSize } = one;
  return {
    tarball: join(to, filename),
    paths: files.map(({ path }) => path),
    size,
    unpackedSize,
  };
}

function isCloned(path: string): boolean {
  return !/\/(?:node_modules|\.cache)(?:\/|$)|\.tsbuildinfo$/.test(path);
}
