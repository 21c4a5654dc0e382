import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ALLOWLIST_VARIABLE, checkAllowed } from "./allowlist.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "allowlist-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

/** Judges keys by a list with these lines. */
function judge(lines: string, ...keys: string[]): void {
  const path = join(dir, "allowlist.conf");
  writeFileSync(path, lines);
  checkAllowed(keys, { [ALLOWLIST_VARIABLE]: path });
}

test("693: without the file everything is allowed", () => {
  checkAllowed(["net.anything"], { [ALLOWLIST_VARIABLE]: join(dir, "absent") });
});

test("693: a key is allowed when an expression matches anywhere in it", () => {
  judge(
    "^net\\.core\\.\n\n  ipv4.conf.IFNAME  \n",
    "net.core.x",
    "net.ipv4.conf.IFNAME.arp_notify",
  );
});

test("693: the first key that is not allowed is named, with the list", () => {
  const refused = (): void => judge("^net.core\n^net.ipv6", "net.core.x", "net.ipv4.y", "net.z");
  expect(refused).toThrow(
    "Sysctl net.ipv4.y is not allowed. Only the following sysctls are allowed: [^net.core ^net.ipv6]",
  );
});

test("an empty file allows nothing", () => {
  expect(() => judge("\n", "net.core.x")).toThrow("are allowed: []");
});

test("Go's own spellings of an expression are understood", () => {
  judge("(?i)^NET\\.core\\z", "net.core");
  judge("\\Anet\\.[[:alpha:]]+$", "net.core");
  judge("^(?P<root>net)\\.", "net.core");
  expect(() => judge("\\Anet\\.[[:digit:]]+$", "net.core")).toThrow("not allowed");
});

test("an expression that is none, and a file that cannot be read, are errors that name the file", () => {
  expect(() => judge("net.(", "net.core")).toThrow("allowlist.conf: net.(");
  mkdirSync(join(dir, "folder"));
  const unreadable = (): void =>
    checkAllowed(["net.x"], { [ALLOWLIST_VARIABLE]: join(dir, "folder") });
  expect(unreadable).toThrow("cannot read");
});
