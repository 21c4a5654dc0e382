import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readBlocks } from "../../tools/docs.ts";

const ROOT = join(import.meta.dir, "../..");
const BLOCKS = readBlocks(readFileSync(join(ROOT, "docs/writing-a-plugin.md"), "utf8"));
const sourceOf = (source: string): string => readFileSync(join(ROOT, source), "utf8");

test("the page has its code from files that are run by tests", () => {
  const code = BLOCKS.filter(({ language }) => language !== "console");
  expect(code.length).toBeGreaterThan(5);
  for (const { source, text } of code) {
    expect([text, source]).not.toEqual([text, undefined]);
    expect(sourceOf(source ?? "")).toContain(text);
  }
});

test("a file that the reader writes is the whole file that is tested", () => {
  const written = new Map<string, string>();
  for (const { source = "", target, text } of BLOCKS) {
    if (target === undefined) continue;
    written.set(source, target.appends ? `${written.get(source)}\n${text}` : text);
  }
  expect(written.size).toBeGreaterThan(3);
  for (const [source, text] of written) expect(text).toBe(sourceOf(source));
});
