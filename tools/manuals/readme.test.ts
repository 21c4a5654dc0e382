import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PLUGIN_NAMES } from "../rooms.ts";
import { ROOT } from "../test/files.ts";
import { readExamples } from "./example.ts";
import { LEADS, leads, readme, readmePath } from "./readme.ts";

for (const plugin of PLUGIN_NAMES) {
  test(`the README of ${plugin} is as \`npm run manuals\` writes it`, async () => {
    const path = join(ROOT, readmePath(plugin));
    const found = existsSync(path) ? readFileSync(path, "utf8") : "";
    // Two texts of many lines would hide the advice.
    const advice = found === (await readme(plugin)) ? "" : "run `npm run manuals`";
    expect(advice).toBe("");
  });

  test(`${plugin} has an example of itself`, () => {
    const [first] = readExamples(plugin);
    const { plugins = [] } = first?.network ?? {};
    const types = plugins.flatMap(({ type, ["ipam"]: ipam }) => {
      return [type, (ipam as { type?: string } | undefined)?.type];
    });
    expect(types).toContain(plugin);
  });
}

test("the beginnings of the manuals are as `npm run manuals` writes them", () => {
  const advice = readFileSync(join(ROOT, LEADS), "utf8") === leads() ? "" : "run `npm run manuals`";
  expect(advice).toBe("");
});
