import {
  isOfProfile,
  type Listed,
  nameParts,
  type Profile,
  ruleOf,
} from "../../conformance/index.ts";
import { UsageError } from "../request.ts";
import { listed, suggestion } from "../suggest.ts";
import type { ConformanceOptions } from "./options.ts";

/** Which checks run. */

export interface Selection<C> {
  readonly checks: readonly C[];
  /** Whether the checks are chosen one by one, and not by the profile. */
  readonly isPart: boolean;
}

/**
 * Names, rules and sections each choose; a check runs when each option that is given has it. They choose
 * from all checks, unless a profile is given as well.
 * @throws UsageError when an option names nothing, or all together do
 */
export function selectChecks<C extends Listed>(
  all: readonly C[],
  options: ConformanceOptions,
): Selection<C> {
  const { check: names, rule: rules, section: sections, profile } = options;
  const isPart = names !== undefined || rules !== undefined || sections !== undefined;
  const ofProfile = (wanted: Profile): C[] => all.filter((check) => isOfProfile(check, wanted));
  if (!isPart) return { checks: ofProfile(profile ?? "quick"), isPart };
  for (const name of names ?? []) checkName(all, name);
  for (const rule of rules ?? []) {
    if (!all.some((check) => check.rule === rule)) throw new UsageError(noCheck(all, rule));
  }
  const checks = (profile === undefined ? all : ofProfile(profile)).filter(
    ({ name, rule }) =>
      (names?.some((wanted) => isNamed(name, wanted)) ?? true) &&
      (rules?.includes(rule) ?? true) &&
      (sections?.includes(ruleOf(rule).section) ?? true),
  );
  if (checks.length > 0) return { checks, isPart };
  throw new UsageError("no check is in all that the options name; --list prints them all");
}

/** By the whole name, or by the name without its version. */
function isNamed(name: string, wanted: string): boolean {
  return name === wanted || nameParts(name).base === wanted;
}

function checkName(all: readonly Listed[], wanted: string): void {
  if (all.some(({ name }) => isNamed(name, wanted))) return;
  const names = all.map(({ name }) => nameParts(name).base);
  throw new UsageError(
    `there is no check ${wanted}; ${suggestion(nameParts(wanted).base, names)}; --list prints them all`,
  );
}

function noCheck(all: readonly Listed[], rule: Listed["rule"]): string {
  const number = (id: string): number => Number(id.slice(1));
  const rules = [...new Set(all.map((check) => check.rule))];
  const sorted = rules.toSorted((one, other) => number(one) - number(other));
  return `no check here tries ${rule}; there are checks of ${listed(sorted)}; --list prints them all`;
}
