import { afterEach, beforeEach, expect, test } from "bun:test";
import { linkSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { type ClusterPaths, pathsOf } from "../config/index.ts";
import { MemberLock } from "./index.ts";

failOnLeakedDescriptors();

let directory = "";
let paths: ClusterPaths;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "member-lock-"));
  paths = pathsOf({ dataDir: directory, network: "pods" });
});
afterEach(() => rmSync(directory, { recursive: true }));

test("there is one member at a time, also within a process", () => {
  {
    using first = MemberLock.take(paths);
    expect(first).toBeDefined();
    expect(MemberLock.take(paths)).toBeUndefined();
    expect(statSync(paths.memberLock).mode & 0o777).toBe(0o600);
    expect(statSync(paths.directory).mode & 0o777).toBe(0o700);
  }
  using next = MemberLock.take(paths);
  expect(next).toBeDefined();
});

test("a lock whose file has another name, or is moved away, is none", () => {
  using first = MemberLock.take(paths);
  expect(first?.isInPlace()).toBe(true);
  renameSync(paths.memberLock, `${paths.memberLock}.moved`);
  expect(first?.isInPlace()).toBe(false);
  linkSync(`${paths.memberLock}.moved`, paths.memberLock);
  // Another process may hold a lock on the second name for ever: a file of its own is made.
  using second = MemberLock.take(paths);
  expect(second).toBeDefined();
  expect(first?.isInPlace()).toBe(false);
});

test("a network's name is no way out of the directory", () => {
  for (const name of ["..", "a/b", "", ".hidden", "a\0b"]) {
    expect(() => pathsOf({ dataDir: directory, network: name })).toThrow();
  }
});
