import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NetnsRound } from "./netns-round.ts";

let directory = "";
const path = (name: string): string => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "round-"));
  for (const name of ["a", "b", "c"]) writeFileSync(path(name), "");
});
afterEach(() => rmSync(directory, { recursive: true }));

test("what goes, or is replaced, is noticed once, by the round that comes to it", () => {
  const round = new NetnsRound();
  round.follow([path("a"), path("b"), path("c")]);
  expect(round.hasMoved(3)).toBe(false);
  rmSync(path("b"));
  expect([round.hasMoved(1), round.hasMoved(1), round.hasMoved(1)]).toEqual([false, true, false]);
  expect(round.hasMoved(3)).toBe(false);
  writeFileSync(path("d"), "");
  renameSync(path("d"), path("c"));
  expect([round.hasMoved(3), round.hasMoved(3)]).toEqual([true, false]);
});

test("what went before the first look is noticed, and what is known stays known", () => {
  const round = new NetnsRound();
  round.follow([path("a"), path("gone")]);
  expect([round.hasMoved(2), round.hasMoved(2)]).toEqual([true, false]);
  round.follow([path("gone"), path("a"), path("b")]);
  expect(round.hasMoved(3)).toBe(false);
  round.follow([]);
  expect(round.hasMoved(10)).toBe(false);
});
