/** The rules of the specification, R1 to R128, as data; docs/rules.md is written from them. */
import type { RuleId } from "../check.ts";
import { CONFIGURATION } from "./configuration.ts";
import { DELEGATION } from "./delegation.ts";
import { DERIVATION } from "./derivation.ts";
import { EXECUTION } from "./execution.ts";
import { sectionOf } from "./headings.ts";
import { LIFECYCLE } from "./lifecycle.ts";
import { OPERATIONS } from "./operations.ts";
import { RESULTS } from "./results.ts";
import type { Rule, RuleEntry } from "./rule.ts";

export { type Heading, linkTo, type Section, type SpecVersion } from "./headings.ts";
export type { Level, Party, Rule, Source } from "./rule.ts";

export interface RuleGroup {
  readonly title: string;
  readonly rules: readonly Rule[];
}

/** All rules as docs/rules.md groups them, in the order of their numbers. */
export const RULE_GROUPS: readonly RuleGroup[] = [
  group("Network configuration", CONFIGURATION),
  group("Execution: parameters, streams, errors", EXECUTION),
  group("Operations", OPERATIONS),
  group("Lifecycle and lists", LIFECYCLE),
  group("The request made of a configuration", DERIVATION),
  group("Delegation", DELEGATION),
  group("Results and versions", RESULTS),
];

export const RULES: readonly Rule[] = RULE_GROUPS.flatMap(({ rules }) => rules);

const BY_ID: ReadonlyMap<string, Rule> = new Map(RULES.map((rule) => [rule.id, rule]));

/**
 * The rule of a number.
 *
 * @throws RangeError when there is no such rule
 */
export function ruleOf(id: RuleId): Rule {
  const rule = BY_ID.get(id);
  if (rule === undefined) throw new RangeError(`there is no rule ${id}`);
  return rule;
}

function group(title: string, entries: readonly RuleEntry[]): RuleGroup {
  return { title, rules: entries.map((entry) => ({ ...entry, section: sectionOf(entry.at) })) };
}
