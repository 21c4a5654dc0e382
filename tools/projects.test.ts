import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ARCHITECTURE, withRooms } from "./architecture.ts";
import { ROOMS } from "./rooms.ts";
import { ROOT } from "./test/files.ts";
import { tsconfigs } from "./tsconfigs.ts";

test("the tsconfig files are those of the table (else: npm run projects)", () => {
  const files = tsconfigs();
  expect(files.size).toBeGreaterThan(ROOMS.length);
  for (const [path, text] of files) {
    const file = join(ROOT, path);
    expect([path, existsSync(file) && readFileSync(file, "utf8")]).toEqual([path, text]);
  }
});

test("rooms are listed after those that they import, so that there is no cycle", () => {
  const names = ROOMS.map(({ name }) => name);
  for (const [index, { name, imports }] of ROOMS.entries()) {
    const unknown = imports.filter((other) => !names.slice(0, index).includes(other));
    expect([name, unknown]).toEqual([name, []]);
  }
});

test("the table in docs/architecture.md is that of the rooms (else: npm run projects)", () => {
  const document = readFileSync(join(ROOT, ARCHITECTURE), "utf8");
  expect(document).toBe(withRooms(document));
  for (const { name } of ROOMS) expect(document).toContain(`| \`src/${name}\` |`);
});

test("a document without the marks is an error, not a skipped check", () => {
  expect(() => withRooms("# nothing")).toThrow("has no lines");
});
