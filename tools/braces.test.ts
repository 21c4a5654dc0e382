import { expect, test } from "bun:test";
import { braceProblems } from "./braces.ts";
import { readSources } from "./sources.ts";

const FOLDERS = ["src", "tests", "tools", "bench", "examples", "site"];

test("braces are set in one way", async () => {
  const sources = await readSources(FOLDERS);
  expect(sources.length).toBeGreaterThan(0);
  expect(sources.flatMap(braceProblems)).toEqual([]);
});

test.each([
  [
    "  if (a) {\n    return b;\n  }\n",
    ["x.ts:1: one short statement stands on the line of its condition"],
  ],
  ["  if (a)\n    return b;\n", ["x.ts:1: a statement on a line of its own has braces"]],
  ["  if (a) return b;\n", []],
  ["  if (a) {\n    return b;\n  } else {\n    c();\n  }\n", []],
  ["  if (a) {\n    const b = 1;\n  }\n", []],
  ["  if (a) {\n    // why\n  }\n", []],
  [`  if (${"a".repeat(60)}) {\n    return ${"b".repeat(40)};\n  }\n`, []],
])("%j", (text, problems) => {
  expect(braceProblems({ path: "x.ts", text })).toEqual(problems);
});
