import { expect, test } from "bun:test";
import { nextIndex } from "./roving.ts";

test.each([
  ["ArrowDown", 3, 1, 4],
  ["ArrowUp", 3, 1, 2],
  ["ArrowUp", 0, 1, 0],
  ["ArrowDown", 99, 1, 99],
  ["ArrowRight", 3, 1, undefined],
  ["ArrowRight", 3, 16, 4],
  ["ArrowLeft", 0, 16, 0],
  ["ArrowDown", 3, 16, 19],
  ["ArrowDown", 90, 16, 90],
  ["PageDown", 95, 1, 99],
  ["PageUp", 4, 1, 0],
  ["Home", 50, 16, 0],
  ["End", 50, 16, 99],
  ["a", 50, 1, undefined],
])("%s from %d of a hundred in %d columns leads to %p", (key, from, columns, to) => {
  expect(nextIndex(key, from, 100, columns)).toBe(to);
});
