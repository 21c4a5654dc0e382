import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canBeStamped, freshStamp, putStamp, stateOf } from "./stamp.ts";

test("a stamp stays until somebody changes the directory, and is not made again", () => {
  const directory = mkdtempSync(join(tmpdir(), "stamp-"));
  try {
    writeFileSync(join(directory, "old"), "");
    const stamp = freshStamp(Date.now());
    putStamp(directory, stamp);
    expect(stateOf(directory)?.stamp).toBe(stamp);
    writeFileSync(join(directory, "old"), "another text");
    expect(stateOf(directory)?.stamp).toBe(stamp);
    writeFileSync(join(directory, "new"), "");
    expect(stateOf(directory)?.stamp).not.toBe(stamp);
    expect(stateOf(directory)?.directory).toBe(
      `${statSync(directory).dev}:${statSync(directory).ino}`,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("stamps are past, of no whole second, and different each time", () => {
  const now = 1_700_000_000_999;
  const stamps = Array.from({ length: 1000 }, () => BigInt(freshStamp(now)));
  expect(new Set(stamps).size).toBeGreaterThan(990);
  for (const stamp of stamps) {
    expect(stamp % 1_000_000_000n).not.toBe(0n);
    const age = BigInt(now) * 1_000_000n - stamp;
    expect(age > 900_000_000n && age < 3_000_000_000n).toBe(true);
  }
});

test("a directory that is not there has no state, and proc is no place for stamps", () => {
  expect(stateOf("/nowhere")).toBeUndefined();
  expect(canBeStamped("/proc")).toBe(false);
  expect(canBeStamped(tmpdir())).toBe(true);
});
