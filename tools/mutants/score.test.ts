import { expect, test } from "bun:test";
import type { Outcome } from "../../src/conformance/index.ts";
import { type Judged, summarise } from "./score.ts";
import { SUBJECTS } from "./subject.ts";

const OUTCOME: Outcome = {
  check: "del-three-times",
  rule: "R48",
  level: "MUST",
  tries: "calls DEL three times",
  verdict: "failed",
  repeat: "",
  ms: 1,
};

function judged(count: number, judgement: Omit<Judged["judgement"], "seconds">): Judged[] {
  return SUBJECTS.slice(0, count).map((subject) => ({
    subject,
    judgement: { ...judgement, seconds: 1 },
  }));
}

test("19 of 20 are enough, and the one that is left has its name", () => {
  const { text, isEnough } = summarise([...judged(19, { caughtBy: OUTCOME }), ...judged(1, {})]);
  expect(isEnough).toBe(true);
  expect(text).toContain("19 of 20 faults found, 95.0 %");
  expect(text).toContain(`not found:\n  ${SUBJECTS[0]?.name}: ${SUBJECTS[0]?.what}`);
  expect(text).toContain("by rule: R48 19");
});

test("18 of 20 are not enough", () => {
  const { isEnough } = summarise([...judged(18, { caughtBy: OUTCOME }), ...judged(2, {})]);
  expect(isEnough).toBe(false);
});

test("a run without a verdict is no find", () => {
  const { text, isEnough } = summarise(judged(1, { trouble: "it ended with 3" }));
  expect(isEnough).toBe(false);
  expect(text).toContain("(it ended with 3)");
});

test("nothing is no score", () => {
  expect(summarise([]).isEnough).toBe(false);
});
