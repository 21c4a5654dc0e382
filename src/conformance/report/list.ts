import type { CheckLevel, Profile, RuleId } from "../check.ts";
import { ruleOf } from "../rules/index.ts";
import { nameParts, numberOf } from "./groups.ts";
import type { Paint } from "./text.ts";

/** What there is to run: `--list`. */

export interface Listed {
  readonly name: string;
  readonly rule: RuleId;
  readonly level: CheckLevel;
  readonly profile: Profile;
  readonly tries: string;
}

export function textList(checks: readonly Listed[], paint: Paint): string {
  const byRule = [...Map.groupBy(checks, ({ rule }) => rule)].toSorted(
    ([one], [other]) => numberOf(one) - numberOf(other),
  );
  const lines = byRule.flatMap(([id, of]) => {
    const { title, section } = ruleOf(id);
    const bases = Map.groupBy(of, ({ name }) => nameParts(name).base);
    return [
      `${paint.bold(`${id} ${title}`)}  ${paint.dim(`(section ${section})`)}`,
      ...[...bases].flatMap(([base, same]) => checkLines(base, same, paint)),
    ];
  });
  return [...lines, paint.bold(`${checks.length} checks`), ""].join("\n");
}

function checkLines(base: string, same: readonly Listed[], paint: Paint): string[] {
  const [check] = same;
  if (check === undefined) return [];
  const versions = same.flatMap(({ name }) => nameParts(name).version ?? []);
  const behind = versions.length > 0 ? `@ ${versions.join(" ")}` : "";
  return [
    `  ${check.level.padEnd(7)}${check.profile.padEnd(6)}${base}${paint.dim(behind)}`,
    `               ${paint.dim(check.tries)}`,
  ];
}

export function jsonList(of: string, checks: readonly Listed[]): string {
  const list = checks.map(({ name, rule, level, profile, tries }) => {
    const { title, section } = ruleOf(rule);
    return { check: name, rule, level, profile, tries, title, section };
  });
  return `${JSON.stringify({ list: 1, of, checks: list }, undefined, 2)}\n`;
}
