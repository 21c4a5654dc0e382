import { expect, test } from "bun:test";
import { printForReaders } from "./json.ts";

test("what fits into a line stands in one", () => {
  expect(printForReaders({ a: [1, "x"], b: {}, c: null })).toBe(
    '{ "a": [1, "x"], "b": {}, "c": null }',
  );
});

test("what does not is taken apart from the outside in, and stays the same JSON", () => {
  const value = { name: "n".repeat(30), list: [{ a: 1 }, { b: [2, 3] }] };
  const text = printForReaders(value, 40);
  expect(text.split("\n")).toEqual([
    "{",
    `  "name": "${"n".repeat(30)}",`,
    '  "list": [{ "a": 1 }, { "b": [2, 3] }]',
    "}",
  ]);
  expect(JSON.parse(text)).toEqual(value);
});
