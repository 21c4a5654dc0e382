import type { CheckLevel, Outcome, RuleId } from "../check.ts";
import { messageOf } from "../known/index.ts";

/** Findings as a reader wants them: by rule, and the same finding in several versions once. */

export interface FindingGroup {
  /** Name of the check without its version. */
  readonly base: string;
  /** In the order of the report; the last one is shown. */
  readonly outcomes: readonly Outcome[];
  readonly versions: readonly string[];
}

export interface RuleFindings {
  readonly rule: RuleId;
  readonly level: CheckLevel;
  readonly groups: readonly FindingGroup[];
}

export function nameParts(check: string): { readonly base: string; readonly version?: string } {
  const at = check.indexOf("@");
  if (at < 0) return { base: check };
  return { base: check.slice(0, at), version: check.slice(at + 1) };
}

export function numberOf(rule: RuleId): number {
  return Number(rule.slice(1));
}

export function byRule(findings: readonly Outcome[]): RuleFindings[] {
  const rules = Map.groupBy(findings, ({ rule, level }) => `${rule} ${level}`);
  return [...rules.values()]
    .flatMap((outcomes) => {
      const [first] = outcomes;
      if (first === undefined) return [];
      return [{ rule: first.rule, level: first.level, groups: groupsOf(outcomes) }];
    })
    .toSorted((one, other) => numberOf(one.rule) - numberOf(other.rule));
}

/** The same thing that fails in many checks, most often an ADD that does not succeed. */
export interface CommonFinding {
  readonly outcomes: readonly Outcome[];
  /** Names of the checks without their versions. */
  readonly bases: readonly string[];
  /** The one with the least before it. */
  readonly shown: Outcome;
}

/** So many checks with one message are one finding. */
const COMMON_MIN = 3;

/** Findings that many checks share, the most frequent one first, and all others. */
export function common(findings: readonly Outcome[]): {
  readonly shared: readonly CommonFinding[];
  readonly others: readonly Outcome[];
} {
  const shared: CommonFinding[] = [];
  for (const outcomes of Map.groupBy(findings, plainMessage).values()) {
    const bases = [...new Set(outcomes.map(({ check }) => nameParts(check).base))];
    const calls = ({ transcript = [] }: Outcome): number => transcript.length;
    const [shown] = outcomes.toSorted((one, other) => calls(one) - calls(other));
    if (shown !== undefined && bases.length >= COMMON_MIN) shared.push({ outcomes, bases, shown });
  }
  shared.sort((one, other) => other.outcomes.length - one.outcomes.length);
  const told = new Set(shared.flatMap(({ outcomes }) => outcomes));
  return { shared, others: findings.filter((outcome) => !told.has(outcome)) };
}

/** What came of a check without the version that it is of. */
function plainMessage(outcome: Outcome): string {
  const { version } = nameParts(outcome.check);
  const message = messageOf(outcome);
  return version === undefined ? message : message.replaceAll(version, "@");
}

function groupsOf(findings: readonly Outcome[]): FindingGroup[] {
  const groups = Map.groupBy(findings, (outcome) => {
    return `${nameParts(outcome.check).base} ${plainMessage(outcome)}`;
  });
  return [...groups.values()].map((outcomes) => {
    const parts = outcomes.map(({ check }) => nameParts(check));
    const versions = parts.flatMap(({ version }) => (version === undefined ? [] : [version]));
    return { base: parts[0]?.base ?? "", outcomes, versions };
  });
}

/** Reasons, the most frequent one first. */
export function byReason(
  outcomes: readonly Outcome[],
): { readonly reason: string; readonly outcomes: readonly Outcome[] }[] {
  return [...Map.groupBy(outcomes, ({ reason = "" }) => reason)]
    .map(([reason, of]) => ({ reason, outcomes: of }))
    .toSorted((one, other) => other.outcomes.length - one.outcomes.length);
}
