import { expect, test } from "bun:test";
import { ruleOf } from "../../conformance/index.ts";
import { SUITES } from "./suites.ts";

const checks = Object.values(SUITES).flatMap((suite) => suite.checks);

test("every check bears a rule that there is, and a convention counts as SHOULD", () => {
  expect(checks.length).toBeGreaterThan(0);
  const counted = checks
    .filter(({ rule }) => ruleOf(rule).level === "CONVENTION")
    .filter(({ level }) => level === "MUST")
    .map(({ name, rule }) => `${name}: ${rule} is a convention`);
  expect(counted).toEqual([]);
});

test("no two checks of a suite have one name", () => {
  for (const suite of Object.values(SUITES)) {
    const names = suite.checks.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  }
});
