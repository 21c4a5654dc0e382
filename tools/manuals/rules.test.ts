import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RULES } from "../../src/conformance/rules/index.ts";
import { ROOT } from "../test/files.ts";
import { RULES_DOCUMENT, rulesDocument } from "./rules.ts";

test("docs/rules.md is as `npm run manuals` writes it", () => {
  const path = join(ROOT, RULES_DOCUMENT);
  const found = existsSync(path) ? readFileSync(path, "utf8") : "";
  // Two texts of many lines would hide the advice.
  const advice = found === rulesDocument() ? "" : "run `npm run manuals`";
  expect(advice).toBe("");
});

test("the document has one row for each rule, in their order", () => {
  const rows = rulesDocument()
    .split("\n")
    .filter((line) => line.startsWith("| <a id="));
  expect(rows.map((row) => /<\/a>(R\d+) \|/.exec(row)?.[1])).toEqual(RULES.map(({ id }) => id));
  expect(new Set(rows.map((row) => row.split(" | ").length))).toEqual(new Set([5]));
});

test("a text with a bar stays in its cell", () => {
  const bars = rulesDocument()
    .split("\n")
    .filter((line) => line.startsWith("| <a id="))
    .map((line) => line.replaceAll("\\|", "").split("|").length);
  expect(new Set(bars)).toEqual(new Set([7]));
});
