import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { readSources } from "./sources.ts";

/** docs/cases.md and the tests that bear its numbers: each case has a test, and two of its kind. */

const DOCUMENT = new URL("../docs/cases.md", import.meta.url);
const OWN = "tools/cases.test.ts";

interface Counted {
  cases: number;
  kinds: number;
}

async function counted(): Promise<Map<string, Counted>> {
  const found = new Map<string, Counted>();
  const sources = await readSources(["src", "tests", "tools", "bench"]);
  for (const { path, text } of sources.filter((source) => source.path !== OWN)) {
    if (!path.includes(".test.") && !path.startsWith("tests/")) continue;
    for (const [, number = "", kind] of text.matchAll(/\bcase ([A-Z]\d+)(, kind)?\b/g)) {
      const count = found.get(number) ?? { cases: 0, kinds: 0 };
      if (kind === undefined) count.cases += 1;
      else count.kinds += 1;
      found.set(number, count);
    }
  }
  return found;
}

function listed(): string[] {
  const rows = readFileSync(DOCUMENT, "utf8").matchAll(/^\| ([A-Z]\d+) \|/gm);
  return [...rows].map(([, number = ""]) => number);
}

test("every case of the document has a test that bears its number, and one of its kind", async () => {
  const found = await counted();
  const numbers = listed();
  expect(numbers.length).toBeGreaterThan(70);
  expect(new Set(numbers).size).toBe(numbers.length);
  const without = numbers.filter((number) => {
    const { cases, kinds } = found.get(number) ?? { cases: 0, kinds: 0 };
    // Tests of a kind are often made by a loop, where one name stands for several.
    return cases === 0 || kinds === 0;
  });
  expect(without).toEqual([]);
});

test("every number that a test bears stands in the document", async () => {
  const numbers = new Set(listed());
  expect([...(await counted()).keys()].filter((number) => !numbers.has(number))).toEqual([]);
});
