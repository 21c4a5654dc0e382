import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { releaseFile, sumsText } from "./digest.ts";
import { putInPlace, releaseIn } from "./place.ts";

/** What is replaced by a release, and what is left alone. */

let directory = "";
let out = "";
let staged = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "place-"));
  out = join(directory, "out");
  staged = join(directory, "staged");
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => {
  rmSync(out, { recursive: true, force: true });
  rmSync(staged, { recursive: true, force: true });
});

/** Writes files, and SHA256SUMS of those that are listed; gives all names. */
function fill(target: string, listed: readonly string[], beside: readonly string[] = []): string[] {
  mkdirSync(target, { recursive: true });
  for (const name of [...listed, ...beside]) writeFileSync(join(target, name), target);
  const sums = sumsText(listed.map((name) => releaseFile(join(target, name))));
  writeFileSync(join(target, "SHA256SUMS"), sums);
  return [...listed, ...beside, "SHA256SUMS"];
}

const LISTED = ["NOTES.md", "hawser-1.2.2.tgz"];
const BESIDE = ["SHA256SUMS.sig", "allowed-signers", "hawser-1.2.2.intoto.jsonl"];

test("a release goes to a new directory, an empty one, and in place of one before", () => {
  const names = fill(staged, ["NOTES.md", "hawser-1.2.3.tgz"]);
  putInPlace(staged, names, out);
  expect(readdirSync(out).sort()).toEqual([...names].sort());
  expect(readdirSync(staged)).toEqual([]);

  rmSync(out, { recursive: true });
  mkdirSync(out);
  expect(releaseIn(out)).toEqual([]);

  expect([...fill(out, LISTED, BESIDE)].sort()).toEqual(releaseIn(out).sort());
  fill(staged, ["NOTES.md", "hawser-1.2.3.tgz"], ["left-over.tmp"]);
  putInPlace(staged, names, out);
  expect(readdirSync(out).sort()).toEqual([...names].sort());
  expect(readFileSync(join(out, "NOTES.md"), "utf8")).toBe(staged);
});

test("a file beside a release keeps it from being replaced, and nothing is touched", () => {
  const names = fill(staged, ["NOTES.md", "hawser-1.2.3.tgz"]);
  const before = fill(out, LISTED, [...BESIDE, "thesis.txt"]).sort();
  expect(() => putInPlace(staged, names, out)).toThrow(
    `${out} has other files than a release's (thesis.txt): --out names another place`,
  );
  expect([readdirSync(out).sort(), readdirSync(staged).length]).toEqual([before, 3]);
});

test("a directory under a listed name, and more than a few names, are told", () => {
  fill(out, LISTED, ["a", "b", "c", "d", "e"]);
  rmSync(join(out, "NOTES.md"));
  mkdirSync(join(out, "NOTES.md"));
  expect(() => releaseIn(out)).toThrow("(NOTES.md, a, b, c, d, and 1 more)");
});

test("sums of another project, files without any, and a file in its place are no release", () => {
  fill(out, ["debian.iso"], ["SHA256SUMS.sig"]);
  expect(() => releaseIn(out)).toThrow("(SHA256SUMS, SHA256SUMS.sig, debian.iso)");
  rmSync(join(out, "SHA256SUMS"));
  mkdirSync(join(out, "SHA256SUMS"));
  expect(() => releaseIn(out)).toThrow("(SHA256SUMS, SHA256SUMS.sig, debian.iso)");
  expect(() => releaseIn(join(out, "debian.iso"))).toThrow("is no directory");
});
