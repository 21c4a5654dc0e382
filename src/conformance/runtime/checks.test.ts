import { expect, test } from "bun:test";
import { RULES } from "../rules/index.ts";
import { RUNTIME_CHECKS } from "./checks.ts";

test("each check has a name of its own, of small letters, digits and dashes", () => {
  const names = RUNTIME_CHECKS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z0-9-]+(?:@\d\.\d\.\d)?$/u.test(name))).toEqual([]);
});

test("no check demands more than its rule, and none is of a rule that does not bind runtimes", () => {
  const rules = new Map(RULES.map((rule) => [rule.id, rule]));
  const odd = RUNTIME_CHECKS.filter(({ rule, level }) => {
    const known = rules.get(rule);
    if (known === undefined || known.party === "plugin") return true;
    return level === "MUST" && known.level !== "MUST";
  });
  expect(odd.map(({ name }) => name)).toEqual([]);
});
