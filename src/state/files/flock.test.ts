import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rejection } from "../../../tests/support/rejection.ts";
import { lockFile, lockFileOf } from "./index.ts";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "flock-"));
  path = join(directory, "locks", "one");
});
afterEach(() => rmSync(directory, { recursive: true }));

const words = (): { path: string; details: string } => ({ path, details: "a test has it" });

test("case S6, kind: a lock is a file that nobody else can open, in a directory of its own", async () => {
  {
    using _lock = await lockFile(words());
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, "locks")).mode & 0o777).toBe(0o700);
  }
  expect(existsSync(path)).toBe(false);
});

test("one at a time has a lock, although each removes the file", async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    using _lock = await lockFile(words());
    most = Math.max(most, ++inside);
    await Bun.sleep(1);
    inside--;
  };
  await Promise.all(Array.from({ length: 12 }, work));
  expect(most).toBe(1);
});

test("case S6, kind: where no lock can be made, ADD says so and DEL goes on", async () => {
  const broken = { path: "/dev/full/locks/one", details: "" };
  const said: string[] = [];
  const ctx = { signal: new AbortController().signal, log: (text: string) => said.push(text) };
  const adding = lockFileOf({ ...ctx, operation: "ADD" }, broken);
  expect(await rejection(adding)).toMatchObject({ code: 5 });
  expect(await lockFileOf({ ...ctx, operation: "DEL" }, broken)).toBeUndefined();
  expect(said.join()).toContain("cannot lock /dev/full/locks/one");
});

test("a caller that gives up gets code 11, and the holder keeps the lock", async () => {
  using _lock = await lockFile(words());
  const waiting = lockFile(words(), AbortSignal.timeout(20));
  expect(await rejection(waiting)).toMatchObject({ code: 11, details: "a test has it" });
  expect(existsSync(path)).toBe(true);
});
