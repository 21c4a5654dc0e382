import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("..", import.meta.url));

/** All that is loaded with a module before anything is asked for: its static imports, and theirs. */
function loadedWith(file: string, seen: Set<string> = new Set()): Set<string> {
  const name = file.startsWith("/") ? relative(SRC, file) : file;
  if (seen.has(name)) return seen;
  seen.add(name);
  if (!file.startsWith("/")) return seen;
  const imports = new Bun.Transpiler({ loader: "ts" }).scanImports(readFileSync(file));
  for (const { path, kind } of imports) {
    if (kind !== "import-statement") continue;
    loadedWith(path.startsWith(".") ? resolve(dirname(file), path) : path, seen);
  }
  return seen;
}

test("a plugin's call loads neither the command line nor another plugin", () => {
  const loaded = [...loadedWith(resolve(SRC, "cli/main.ts"))];
  expect(loaded).toContain("plugin/main.ts");
  expect(loaded.filter((name) => name.startsWith("cli/")).sort()).toEqual([
    "cli/main.ts",
    "cli/own.ts",
  ]);
  const unwanted = /^(?:commander|picocolors|runtime\/|kernel\/|steps\/|plugins\/(?!registry\/))/;
  expect(loaded.filter((name) => unwanted.test(name))).toEqual([]);
});
