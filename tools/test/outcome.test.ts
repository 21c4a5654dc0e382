import { describe, expect, test } from "bun:test";
import { closingLine, count, exitCode, judgeSkips, missingThing, summary } from "./outcome.ts";

const passed = { file: "a.test.ts", name: "adds", status: "passed" } as const;
const failed = { file: "b.test.ts", name: "checks", status: "failed" } as const;
const skipped = {
  file: "c.test.ts",
  name: "vlan (skipped: needs kernel:vlan)",
  status: "skipped",
} as const;

test("the last line has the three counts", () => {
  const lines = summary([passed, passed, failed, skipped]).split("\n");
  expect(lines.at(-1)).toBe("2 passed, 1 failed, 1 skipped");
  expect(closingLine(count([]))).toBe("0 passed, 0 failed, 0 skipped");
});

test("skips and failures are listed with their names", () => {
  const text = summary([passed, failed, skipped]);
  expect(text).toContain("  c.test.ts: vlan (skipped: needs kernel:vlan)");
  expect(text).toContain("  b.test.ts: checks");
  expect(text).not.toContain("adds");
});

test("a skip without a reason is a failure", () => {
  const bare = { ...skipped, name: "vlan" };
  const [judged] = judgeSkips([bare]);
  expect(judged).toEqual({ ...bare, name: "vlan: skipped without a reason", status: "failed" });
  expect(judgeSkips([skipped, passed])).toEqual([skipped, passed]);
});

describe("the missing thing is read from the name", () => {
  test.each([
    ["x (skipped: needs nft, root)", "nft, root"],
    ["x [needs Go]", "Go"],
    ["x", undefined],
  ])("%s", (name, missing) => {
    expect(missingThing(name)).toBe(missing);
  });
});

test("success is something that ran and nothing that failed", () => {
  expect(exitCode([passed, skipped])).toBe(0);
  expect(exitCode([skipped])).toBe(0);
  expect(exitCode([passed, failed])).toBe(1);
  expect(exitCode([])).toBe(1);
});
