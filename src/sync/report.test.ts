import { describe, expect, test } from "bun:test";
import { CniError } from "../spec/index.ts";
import { repairsIn, stateOfSync, syncToJson } from "./report.ts";

describe("what a plugin has printed", () => {
  test("is no report of a plugin that was only checked, or that is broken", () => {
    for (const answer of [
      "",
      "  \n",
      "{}",
      "null",
      '{"repair": 1}',
      "not JSON",
      '{"repair": {}}',
    ]) {
      expect(repairsIn(answer)).toBeUndefined();
    }
  });

  test("is read as far as it is understood, and no further than 256 pieces", () => {
    const good = { piece: "limit", state: "left", missed: "m", reason: "r", advice: "a" };
    const bad = [1, null, {}, { piece: "x", state: "else" }, { piece: 1, state: "fine" }];
    const odd = { piece: "y", state: "fine", missed: 7 };
    expect(repairsIn(JSON.stringify({ repair: [good, ...bad, odd] }))).toEqual([
      { piece: "limit", state: "left", missed: "m", reason: "r", advice: "a" },
      { piece: "y", state: "fine" },
    ]);
    const many = Array.from({ length: 1000 }, () => ({ piece: "x", state: "fine" }));
    expect(repairsIn(JSON.stringify({ repair: many }))).toHaveLength(256);
  });
});

test("the worst of what plugins say is the state of the attachment", () => {
  const pieces = (...states: ("fine" | "restored" | "restorable" | "left")[]) => ({
    type: "bridge",
    pieces: states.map((state) => ({ piece: "p", state })),
  });
  expect(stateOfSync([])).toBe("fine");
  expect(stateOfSync([{ type: "foreign" }, pieces("fine")])).toBe("fine");
  expect(stateOfSync([pieces("fine", "restored")])).toBe("restored");
  expect(stateOfSync([pieces("restored"), pieces("restorable")])).toBe("restorable");
  expect(stateOfSync([pieces("restorable", "left")])).toBe("left");
  const error = new CniError(100, "it differs");
  expect(stateOfSync([pieces("restored"), { type: "foreign", error }])).toBe("left");
});

test("the answer for programs has no key without a value", () => {
  const one = { network: "n", containerId: "c", ifName: "eth0", netns: "/n" };
  const error = new CniError(100, "it differs");
  const report = { ...one, finished: true, earlierBoot: false, state: "left" as const };
  expect(syncToJson({ ...report, plugins: [{ type: "foreign", error }] })).toEqual({
    ...{ ...one, finished: true, earlierBoot: false, outcome: "left" },
    plugins: [{ type: "foreign", error: { code: 100, msg: "it differs" } }],
  });
});
