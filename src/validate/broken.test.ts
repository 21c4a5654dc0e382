/** Broken configurations as operators have them, each diagnosed by name, at its line, with its remedy. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { BROKEN } from "../../tests/fixtures/configurations/broken/index.ts";
import { ProcessExecutor } from "../invoke/index.ts";
import { judge, KernelFacts } from "./index.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hawser-validate-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(name: string, content: string | Uint8Array, mode = 0o644): string {
  const file = join(dir, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

test("there are forty of them and more, and each has a name of its own", () => {
  expect(BROKEN.length).toBeGreaterThanOrEqual(40);
  expect(new Set(BROKEN.map(({ name }) => name)).size).toBe(BROKEN.length);
});

for (const { name, files, finds, bins, kernel, host } of BROKEN) {
  test(`broken: ${name}`, async () => {
    for (const [file, content] of Object.entries(files)) put(`net.d/${file}`, content);
    for (const [file, { text, mode }] of Object.entries(bins ?? {})) put(`bin/${file}`, text, mode);
    for (const [file, content] of Object.entries(kernel ?? {})) put(`root/${file}`, content);
    const programs = { dirs: [join(dir, "bin")], executor: new ProcessExecutor(), env: {} };
    const { diagnostics } = await judge([join(dir, "net.d")], {
      ...(bins && { programs }),
      ...(kernel && { kernel: new KernelFacts(join(dir, "root")) }),
      ...(host && { host }),
    });
    const seen = diagnostics
      .filter(
        ({ level }) => level !== "note" || finds.some(({ level: wanted }) => wanted === "note"),
      )
      .map(({ rule, level, file, place }) => ({
        rule,
        level,
        file: basename(file),
        line: place?.line,
      }));
    const wanted = finds.map(({ rule, level = "error", file = Object.keys(files)[0], line }) => {
      return { rule, level, file, line };
    });
    expect(seen as unknown[]).toEqual(wanted);
    for (const { rule, remedy } of finds) {
      const found = diagnostics.filter((each) => each.rule === rule);
      expect(found.map(({ message, help }) => `${message} | ${help}`).join("\n")).toMatch(remedy);
    }
  });
}
