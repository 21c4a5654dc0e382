import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { underLock } from "./lock.ts";

const directory = mkdtempSync(join(tmpdir(), "lock-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("one at a time works under a lock, and a failure lets the next one in", async () => {
  const path = join(directory, "lock");
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await Bun.sleep(2);
    inside--;
    throw new Error("failed");
  };
  const ends = await Promise.allSettled([1, 2, 3].map(async () => await underLock(path, work)));
  expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(most).toBe(1);
  expect(await underLock(path, () => Promise.resolve("result"))).toBe("result");
});
