import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { docProblems } from "./api/docs.ts";
import { exportsOf, readDoors } from "./api/doors.ts";
import { report, reportPath } from "./api/report.ts";
import { ROOT } from "./test/files.ts";
import { inScratch } from "./test/process.ts";

const doors = readDoors();

describe("the report of the public API is up to date (else: npm run api)", () => {
  test.each(doors)("$name", (door) => {
    const path = join(ROOT, reportPath(door));
    const written = existsSync(path) ? readFileSync(path, "utf8") : "";
    expect(report(door, exportsOf(door, doors))).toBe(written);
  });

  test("no report is left of a door that has gone", () => {
    const paths = readdirSync(join(ROOT, "api")).map((name) => `api/${name}`);
    expect(paths.sort()).toEqual(doors.map(reportPath).sort());
  });
});

/** A package of two doors in a directory of its own. */
async function inPackage<T>(
  files: Readonly<Record<string, string>>,
  use: (root: string) => T,
): Promise<T> {
  return await inScratch(async (root) => {
    mkdirSync(join(root, "src/a"), { recursive: true });
    mkdirSync(join(root, "src/b"), { recursive: true });
    const exports = {
      "./a": { default: "./dist/npm/a/index.js" },
      "./b": { default: "./dist/npm/b/index.js" },
      "./package.json": "./package.json",
    };
    writeFileSync(join(root, "package.json"), JSON.stringify({ exports }));
    for (const [path, text] of Object.entries(files)) writeFileSync(join(root, "src", path), text);
    return await Promise.resolve(use(root));
  });
}

const FILES = {
  "a/index.ts": 'export { f, Box } from "./f.ts";\n',
  "a/f.ts": `
/** Adds. */
export function f(one: number): number { return one; }
export class Box {
  readonly size: number = 1; // in bytes
  readonly #secret = 2;
  /** Opens. */
  open(): void { this.#secret; }
  shut(): void {}
}
`,
  "b/index.ts": 'export { f as g } from "../a/index.ts";\nexport { x } from "lib";\n',
};

test("what a report shows: declarations without bodies, comments and secrets", async () => {
  await inPackage(FILES, (root) => {
    const found = readDoors(root);
    expect(found.map(({ name }) => name)).toEqual(["hawser/a", "hawser/b"]);
    const [a, b] = found.map((door) => report(door, exportsOf(door, found, root)));
    const box = "export class Box {\n  readonly size: number;\n  open(): void\n  shut(): void\n}";
    expect(a).toEndWith(`\n\n${box}\n\nexport function f(one: number): number\n`);
    expect(b).toEndWith('\n\nexport { g } from "hawser/a"\n\nexport { x } from "lib"\n');
  });
});

test("what documentation lacks is told, once", async () => {
  await inPackage(FILES, (root) => {
    const found = readDoors(root);
    const problems = found.flatMap((door) => docProblems(door.name, exportsOf(door, found, root)));
    expect(problems).toEqual([
      "hawser/a: Box has no documentation",
      "hawser/a: Box.shut has no documentation",
      "hawser/a: Box has no example",
      "hawser/a: f has no example",
    ]);
  });
});

test("a name that a door promises and nobody declares is an error", async () => {
  await inPackage({ ...FILES, "a/f.ts": "export const f = 1;\n" }, (root) => {
    const found = readDoors(root);
    expect(() => found.map((door) => exportsOf(door, found, root))).toThrow("does not export Box");
  });
});
