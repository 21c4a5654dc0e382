import { describe, expect, test } from "bun:test";
import { mergeRuns } from "./merge.ts";
import type { Outcome } from "./outcome.ts";

describe("one outcome for each test", () => {
  const file = "a.netns.test.ts";
  const skipped = { file, name: "x (skipped: needs kernel:vlan)", status: "skipped" } as const;
  const passed = { file, name: "x", status: "passed" } as const;
  const failed = { file, name: "x", status: "failed" } as const;
  const failedThere = { file, name: "x (in the kernel lab)", status: "failed" } as const;

  test.each<[what: string, here: Outcome, lab: Outcome[], merged: Outcome[]]>([
    ["skipped here and passed there is passed", skipped, [passed], [passed]],
    ["skipped here and failed there is failed", skipped, [failed], [failedThere]],
    ["skipped in both is skipped", skipped, [skipped], [skipped]],
    ["skipped here and not run there is skipped", skipped, [], [skipped]],
    ["passed in both is passed", passed, [passed], [passed]],
    ["passed here and failed there is failed", passed, [failed], [failedThere]],
    ["passed here and skipped there is passed", passed, [skipped], [passed]],
    ["failed here and passed there is failed", failed, [passed], [failed]],
    ["what only the lab knows is added", passed, [passed, failed], [passed, failedThere]],
  ])("%s", (_, here, lab, merged) => {
    expect(mergeRuns([here], lab, "in the kernel lab")).toEqual(merged);
  });

  test("tests of one name are told apart by their order", () => {
    expect(
      mergeRuns([passed, skipped, passed], [passed, passed, failed], "in the kernel lab"),
    ).toEqual([...[passed, passed, failedThere]]);
  });

  test("a file that was skipped as a whole elsewhere is not one test more", () => {
    const whole = { file, name: "all tests (skipped: needs ip)", status: "skipped" } as const;
    expect(mergeRuns([passed], [whole], "on a bare machine")).toEqual([passed]);
    expect(mergeRuns([], [whole], "on a bare machine")).toEqual([whole]);
  });
});
