import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { patient } from "../../../tests/support/patience.ts";
import { DirectoryEvents } from "./index.ts";

failOnLeakedDescriptors();

let root = "";
let directory = "";
let heard: (string | undefined)[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "events-"));
  directory = join(root, "one", "two", "three");
  heard = [];
});
afterEach(() => rmSync(root, { recursive: true }));

const listen = (): DirectoryEvents => new DirectoryEvents(directory, (name) => heard.push(name));

/** What was heard until something was, and a little longer. */
async function next(): Promise<(string | undefined)[]> {
  for (let waits = 0; heard.length === 0 && waits < patient(300); waits++) await Bun.sleep(10);
  await Bun.sleep(50);
  return heard.splice(0);
}

test("a directory that is not there is heard of when it comes, and what comes to it", async () => {
  using events = listen();
  expect([events.isThere, events.isDeaf]).toEqual([false, false]);
  writeFileSync(join(root, "another"), "");
  mkdirSync(join(root, "one", "two"), { recursive: true });
  await Bun.sleep(100);
  expect([heard, events.isThere]).toEqual([[], false]);
  mkdirSync(directory);
  expect([await next(), events.isThere]).toEqual([[undefined], true]);
  writeFileSync(join(directory, "a"), "");
  expect(new Set(await next())).toEqual(new Set(["a"]));
});

test("all directories of a path that come at once are not missed", async () => {
  using events = listen();
  mkdirSync(directory, { recursive: true });
  expect([await next(), events.isThere]).toEqual([[undefined], true]);
});

test("a directory that goes is heard of, and the one that takes its place is followed", async () => {
  mkdirSync(directory, { recursive: true });
  using events = listen();
  renameSync(directory, join(root, "old"));
  expect(await next()).toContain(undefined);
  expect([events.isThere, events.isDeaf]).toEqual([false, false]);
  writeFileSync(join(root, "old", "a"), "");
  await Bun.sleep(100);
  expect(heard).toEqual([]);
  mkdirSync(directory);
  await next();
  writeFileSync(join(directory, "b"), "");
  expect(await next()).toContain("b");
});

test("where all of a path is removed and made again, its end is followed", async () => {
  mkdirSync(directory, { recursive: true });
  using events = listen();
  rmSync(join(root, "one"), { recursive: true });
  await next();
  expect(events.isThere).toBe(false);
  mkdirSync(directory, { recursive: true });
  expect(await next()).toContain(undefined);
  writeFileSync(join(directory, "a"), "");
  expect(await next()).toContain("a");
});

test("in a directory that is not to be read no change can be seen, and none is waited for", async () => {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o000);
  using events = listen();
  // Root reads it all the same.
  expect([events.isThere, events.isDeaf]).toEqual([process.getuid?.() === 0, false]);
});

test("nothing is heard once it is over", async () => {
  mkdirSync(directory, { recursive: true });
  const events = listen();
  writeFileSync(join(directory, "a"), "");
  events[Symbol.dispose]();
  events.retry();
  rmSync(directory, { recursive: true });
  await Bun.sleep(50);
  expect(heard).toEqual([]);
});
