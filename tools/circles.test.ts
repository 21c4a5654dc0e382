import { expect, test } from "bun:test";
import { importCircles } from "./circles.ts";
import { readSources } from "./sources.ts";

test("no files of the product import one another, not even for a type", async () => {
  const sources = (await readSources(["src"])).filter(({ path }) => !path.endsWith(".test.ts"));
  expect(sources.length).toBeGreaterThan(0);
  expect(importCircles(sources)).toEqual([]);
});

test("a circle is found whatever its length, and named once", () => {
  const sources = [
    { path: "src/a/index.ts", text: 'export { b } from "./b.ts";' },
    { path: "src/a/b.ts", text: 'import type { C } from "../c/index.ts"; import "./d.ts";' },
    { path: "src/c/index.ts", text: 'const a = await import("../a/index.ts");' },
    { path: "src/a/d.ts", text: 'import "node:fs";' },
    { path: "src/e.ts", text: 'import "./a/index.ts"; import type { Self } from "./e.ts";' },
  ];
  expect(importCircles(sources)).toEqual([
    ["src/a/b.ts", "src/a/index.ts", "src/c/index.ts"],
    ["src/e.ts"],
  ]);
  expect(importCircles([{ path: "src/a.ts", text: 'import "./b.ts";' }])).toEqual([]);
});
