import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compilerOf, HERE, type Target, targetOf } from "./architecture.ts";

/** Tells whether what stands in dist was made from what stands in src. */

const SOURCES = [
  ...["src/**/*.{ts,tsx,json}", "src/page/**/*.{css,html,svg}"],
  ...["tools/build/*.ts", "native/*"],
];
const SETTINGS = ["package.json", "package-lock.json", "tsconfig.base.json", "tsconfig.npm.json"];

/** The environment variable that names the commit of a release to its build. */
export const COMMIT_VARIABLE = "HAWSER_RELEASE_COMMIT";

/**
 * The commit that the executable tells; "" in any build but that of a release, so that a new commit alone
 * makes no new executable.
 */
export function releaseCommit(): string {
  return process.env[COMMIT_VARIABLE] ?? "";
}

/** A digest of all that the build reads, of the Bun that does it, and of the C compiler that is there. */
export async function fingerprint(root: string, target: Target = targetOf(HERE)): Promise<string> {
  const paths = [...SETTINGS];
  for (const pattern of SOURCES) {
    for await (const path of new Bun.Glob(pattern).scan({ cwd: root })) {
      if (!path.endsWith(".test.ts")) paths.push(path);
    }
  }
  const compiler = (compilerOf(target) ?? []).map((word) => Bun.which(word) ?? word);
  const facts = [Bun.version, target.arch, releaseCommit(), ...compiler];
  const hash = new Bun.CryptoHasher("sha256").update(facts.join("\n"));
  for (const path of paths.sort()) {
    hash.update(`\n${path}\n`).update(readFileSync(join(root, path)));
  }
  return hash.digest("hex");
}

/** Whether the mark left by the last build says the same, and its results are still there. */
export function isFresh(mark: string, digest: string, results: readonly string[]): boolean {
  return (
    existsSync(mark) &&
    readFileSync(mark, "utf8") === digest &&
    results.every((path) => existsSync(path))
  );
}
