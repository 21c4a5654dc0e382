import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** Where code lives; the linters and the test runner look here. */
export const FOLDERS: readonly string[] = ["src", "tests", "tools", "bench", "examples", "site"];

/** The kinds of tests, by the last part of the file's name; docs/hacking.md says what each is. */
export type Kind = "unit" | "netns" | "node" | "client";

export interface TestFile {
  /** From the top of the repository. */
  readonly path: string;
  readonly kind: Kind;
}

export function kindOf(path: string): Kind {
  const middle = /\.(netns|node|client)\.test\.ts$/.exec(path)?.[1];
  switch (middle) {
    case "netns":
    case "node":
    case "client":
      return middle;
    default:
      return "unit";
  }
}

/** The test files whose path contains one of the patterns; all when there are none. */
export async function testFiles(
  patterns: readonly string[],
  root: string = ROOT,
): Promise<TestFile[]> {
  const paths: string[] = [];
  for (const folder of FOLDERS) {
    for await (const path of new Bun.Glob("**/*.test.ts").scan({ cwd: join(root, folder) })) {
      paths.push(`${folder}/${path}`);
    }
  }
  return paths
    .filter((path) => patterns.length === 0 || patterns.some((pattern) => matches(path, pattern)))
    .sort()
    .map((path) => {
      return { path, kind: kindOf(path) };
    });
}

function matches(path: string, pattern: string): boolean {
  return path.includes(pattern.replace(/^\.\//, ""));
}
