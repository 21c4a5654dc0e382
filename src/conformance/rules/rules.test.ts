import { describe, expect, test } from "bun:test";
import type { RuleId } from "../check.ts";
import { linkTo, RULES, ruleOf } from "./index.ts";

test("all rules are there, R1 to R128, each once and in order", () => {
  const ids = RULES.map(({ id }) => id);
  expect(ids).toEqual(Array.from({ length: 128 }, (_, index): RuleId => `R${index + 1}`));
});

describe("a rule says what it has to say", () => {
  test.each(RULES.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
    expect(ruleOf(id)).toBe(rule);
    expect(rule.section).toMatch(/^(?:[1-5]|0\.4\.0)$/);
    expect(rule.title).toMatch(/^[\w].{4,60}[^.]$/);
    expect(rule.text).toMatch(/^[A-Z`].{20,330}\.$/);
    expect(rule.text).not.toContain("\n");
    // A convention names its source; what the specification says needs none.
    expect(rule.source !== undefined).toBe(rule.level === "CONVENTION");
  });
});

test("titles tell rules apart", () => {
  expect(new Set(RULES.map(({ title }) => title)).size).toBe(RULES.length);
});

test("each section of the specification has rules", () => {
  const sections = new Set(RULES.map(({ section }) => section));
  expect([...sections].toSorted()).toEqual(["0.4.0", "1", "2", "3", "4", "5"]);
});

test("a heading leads to its place in the present text, an older text to its version", () => {
  expect(linkTo("errors").url).toEndWith("/blob/main/SPEC.md#errors");
  expect(linkTo("0.4.0").url).toEndWith("/blob/spec-v0.4.0/SPEC.md");
});

test("conflicts are those of the specification that a rule can settle", () => {
  const named = RULES.flatMap(({ conflict = "" }) => {
    return [...(/^(D\d+(?:, D\d+)*):/.exec(conflict)?.[1] ?? "").matchAll(/\d+/g)].map(Number);
  });
  // D17 is about time-outs of the caller, of which the specification has no rule.
  const all = Array.from({ length: 24 }, (_, index) => index + 1).filter((number) => number !== 17);
  expect([...new Set(named)].toSorted((a, b) => a - b)).toEqual(all);
});

test("a number that is no rule's is refused", () => {
  for (const id of ["R0", "R129", "R1.5"] as const) expect(() => ruleOf(id)).toThrow(RangeError);
});
