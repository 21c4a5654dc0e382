import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { patient } from "../../../tests/support/patience.ts";
import { DirectoryWatch } from "./index.ts";

failOnLeakedDescriptors();

let root = "";
let directory = "";
let changes = 0;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "watch-"));
  directory = join(root, "watched");
  changes = 0;
});
afterEach(() => rmSync(root, { recursive: true }));

const changed = (): void => void changes++;

async function hears(): Promise<boolean> {
  const before = changes;
  for (let looks = 0; looks < patient(200); looks++) {
    writeFileSync(join(directory, "a"), String(looks));
    await Bun.sleep(10);
    if (changes > before) return true;
  }
  return false;
}

test("the directory is made, and changes are gathered", async () => {
  using _watch = new DirectoryWatch(directory, { settleMs: 20, changed });
  for (const name of ["a", "b", "c"]) writeFileSync(join(directory, name), "");
  await Bun.sleep(patient(200));
  expect(changes).toBe(1);
});

test("what changes while a long gathering hears nothing is seen at its end", async () => {
  const seen: number[] = [];
  using _watch = new DirectoryWatch(directory, {
    settleMs: 100,
    changed: () => seen.push(readdirSync(directory).length),
  });
  for (let round = 1; round <= 3; round++) {
    for (const part of ["a", "b", "c"]) {
      writeFileSync(join(directory, `${round}${part}`), "");
      await Bun.sleep(30);
    }
    for (let waits = 0; seen.at(-1) !== 3 * round && waits < patient(500); waits++) {
      await Bun.sleep(10);
    }
    expect(seen.at(-1)).toBe(3 * round);
  }
  // Each change by itself would be nine.
  expect(seen.length).toBeLessThan(9);
});

test("names that do not count are no changes", async () => {
  mkdirSync(directory);
  const counts = (name: string): boolean => name === "a";
  using _watch = new DirectoryWatch(directory, { settleMs: 1, changed, counts });
  writeFileSync(join(directory, "b"), "");
  await Bun.sleep(patient(100));
  expect(changes).toBe(0);
  expect(await hears()).toBe(true);
});

test("a watch that gathers for long sees also what changes while it hears nothing", async () => {
  const seen: number[] = [];
  using _watch = new DirectoryWatch(directory, {
    settleMs: 100,
    changed: () => seen.push(readdirSync(directory).length),
  });
  for (let round = 1; round <= 3; round++) {
    for (const part of ["a", "b", "c"]) {
      writeFileSync(join(directory, `${round}${part}`), "");
      await Bun.sleep(30);
    }
    for (let waits = 0; seen.at(-1) !== 3 * round && waits < 500; waits++) await Bun.sleep(10);
    expect(seen.at(-1)).toBe(3 * round);
  }
  // Each change by itself would be nine.
  expect(seen.length).toBeLessThan(9);
});

test("a directory that is replaced is heard again, also when it comes late", async () => {
  mkdirSync(directory);
  using _watch = new DirectoryWatch(directory, { settleMs: 1, changed, makes: false, lookMs: 20 });
  expect(await hears()).toBe(true);
  renameSync(directory, join(root, "old"));
  await Bun.sleep(50);
  expect(existsSync(directory)).toBe(false);
  mkdirSync(directory);
  await Bun.sleep(patient(100));
  expect(await hears()).toBe(true);
});

test("nothing is heard once it is over", async () => {
  const watch = new DirectoryWatch(directory, { settleMs: 10, changed });
  writeFileSync(join(directory, "a"), "");
  watch[Symbol.dispose]();
  rmSync(directory, { recursive: true });
  await Bun.sleep(50);
  expect(changes).toBe(0);
});

test("one that gathers for long sees also what changes while it hears nothing", async () => {
  const seen: string[][] = [];
  using _watch = new DirectoryWatch(directory, {
    settleMs: 100,
    changed: () => seen.push(readdirSync(directory).sort()),
  });
  for (let round = 1; round <= 3; round++) {
    for (const part of ["a", "b", "c"]) {
      writeFileSync(join(directory, `${round}${part}`), "");
      await Bun.sleep(30);
    }
    for (let waits = 0; seen.at(-1)?.length !== 3 * round && waits < 500; waits++) {
      await Bun.sleep(10);
    }
    expect(seen.at(-1)).toHaveLength(3 * round);
  }
  // Each change by itself would be nine.
  expect(seen.length).toBeLessThan(9);
});
