import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NetnsRound } from "./netns-round.ts";

let directory = "";
const path = (name: string): string => join(directory, name);
/** A path to a namespace; those of other kinds are of the same device. */
const lead = (name: string, kind: string): void => symlinkSync(`/proc/self/ns/${kind}`, path(name));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "round-"));
  for (const name of ["a", "b", "c"]) lead(name, "net");
});
afterEach(() => rmSync(directory, { recursive: true }));

test("what goes, or is replaced, is noticed once, by the round that comes to it", () => {
  const round = new NetnsRound();
  round.follow([path("a"), path("b"), path("c")]);
  expect(round.hasMoved(3)).toBe(false);
  rmSync(path("b"));
  expect([round.hasMoved(1), round.hasMoved(1), round.hasMoved(1)]).toEqual([false, true, false]);
  expect(round.hasMoved(3)).toBe(false);
  lead("d", "uts");
  renameSync(path("d"), path("c"));
  expect([round.hasMoved(3), round.hasMoved(3)]).toEqual([true, false]);
});

test("what happens to a path before the first round comes to it is noticed", () => {
  const round = new NetnsRound();
  expect(round.follow([path("a"), path("b")])).toBe(false);
  lead("d", "uts");
  renameSync(path("d"), path("a"));
  expect([round.hasMoved(4096), round.hasMoved(4096)]).toEqual([true, false]);
  expect(round.follow([path("b"), path("c")])).toBe(false);
  rmSync(path("c"));
  writeFileSync(path("c"), "");
  expect([round.hasMoved(4096), round.hasMoved(4096)]).toEqual([true, false]);
});

test("what went before it was followed is said once, and what is known stays known", () => {
  const round = new NetnsRound();
  writeFileSync(path("plain"), "");
  expect(round.follow([path("a"), path("gone")])).toBe(true);
  expect(round.follow([path("gone"), path("a"), path("b")])).toBe(false);
  expect(round.hasMoved(3)).toBe(false);
  expect(round.follow([path("plain"), path("a")])).toBe(true);
  expect(round.follow([path("plain"), path("a")])).toBe(false);
  round.follow([]);
  expect(round.hasMoved(10)).toBe(false);
});
