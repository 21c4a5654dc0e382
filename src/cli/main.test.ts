import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../tests/support/exec.ts";
import { VERSION } from "./version.ts";

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
  expect(loaded.filter((name) => name.startsWith("cli/")).sort()).toEqual(["cli/main.ts"]);
  const unwanted = /^(?:commander|picocolors|runtime\/|kernel\/|steps\/|plugins\/(?!registry\/))/;
  expect(loaded.filter((name) => unwanted.test(name))).toEqual([]);
});

test("the command line starts without what takes milliseconds to load", () => {
  const loaded = [
    "cli/process.ts",
    "cli/hawser.ts",
    "cli/command/ls.ts",
    "cli/command/status.ts",
  ].flatMap((path) => [...loadedWith(resolve(SRC, path))]);
  expect(loaded).toContain("node:fs");
  expect(loaded.filter((name) => /^node:(?:crypto|stream|tty|net)$/u.test(name))).toEqual([]);
});

test("what a plugin in this process prints by itself never gets into the answer", async () => {
  const module = JSON.stringify(resolve(SRC, "cli/process.ts"));
  const program = `
    const { runProcess } = await import(${module});
    const end = runProcess({ name: "hawser", program: "/nowhere", compiled: false, env: {} });
    console.log("stray line");
    console.info("stray line");
    process.stdout.write("stray line\\n");
    await end;`;
  const { exitCode, stdout, stderr } = await run([
    process.execPath,
    "-e",
    program,
    "hawser",
    "version",
  ]);
  expect([exitCode, stdout]).toEqual([0, `hawser ${VERSION}\n`]);
  expect(stderr).toBe("stray line\n".repeat(3));
});
