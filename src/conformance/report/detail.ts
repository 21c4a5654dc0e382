import type { Outcome } from "../check.ts";
import { ruleOf } from "../rules/index.ts";
import type { Judgement } from "./counts.ts";
import { exchangeRows, lastCall, oneLine, type Row } from "./exchange.ts";

/** One outcome for reports that programs read: what a failure shows, and why one does not count. */

export function detailRows(outcome: Outcome): Row[] {
  const { rule, level, tries, finding, reason, repeat } = outcome;
  const call = lastCall(outcome);
  return [
    ["rule", `${rule} ${level}: ${ruleOf(rule).title}`],
    ["tried", tries],
    ...(finding === undefined ? [] : findingRows(finding)),
    ...(reason === undefined ? [] : [["reason", oneLine(reason)] as const]),
    ...(call === undefined ? [] : exchangeRows(call)),
    ["repeat", repeat],
  ];
}

function findingRows({ expected, came }: NonNullable<Outcome["finding"]>): Row[] {
  return [
    ["expected", oneLine(expected)],
    ["came", oneLine(came)],
  ];
}

/** Why a finding does not fail the run. */
export function excuse(outcome: Outcome, { reasons, strict }: Judgement): string | undefined {
  if (outcome.verdict !== "failed") return undefined;
  const known = reasons.get(outcome.check);
  if (known !== undefined) return `known failure: ${known}`;
  return outcome.level === "SHOULD" && !strict ? "a SHOULD counts with --strict" : undefined;
}
