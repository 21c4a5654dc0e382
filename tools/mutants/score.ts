import type { Judgement } from "./judge.ts";
import type { Subject } from "./subject.ts";

/** How many of the faults the suite finds. */

const ENOUGH = 0.95;

/** One fault and what the suite said of it. */
export interface Judged {
  readonly subject: Subject;
  readonly judgement: Judgement;
}

/** The score as text, and whether it is enough. */
export function summarise(judged: readonly Judged[]): {
  readonly text: string;
  readonly isEnough: boolean;
} {
  const caught = judged.filter(({ judgement }) => judgement.caughtBy !== undefined);
  const left = judged.filter(({ judgement }) => judgement.caughtBy === undefined);
  const share = judged.length === 0 ? 0 : caught.length / judged.length;
  const lines = left.map(({ subject, judgement }) => {
    const why = judgement.trouble === undefined ? "" : ` (${judgement.trouble})`;
    return `  ${subject.name}: ${subject.what}${why}`;
  });
  const score = `${caught.length} of ${judged.length} faults found, ${percent(share)}`;
  return {
    text: [
      "",
      `by rule: ${rules(caught)}`,
      ...(left.length === 0 ? [] : ["not found:", ...lines]),
      score,
    ].join("\n"),
    isEnough: share >= ENOUGH,
  };
}

/** Rounded down, so that 100 % means all. */
function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
}

function rules(caught: readonly Judged[]): string {
  const counts = new Map<string, number>();
  for (const { judgement } of caught) {
    const rule = judgement.caughtBy?.rule ?? "";
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
  }
  const number = (rule: string): number => Number(rule.slice(1));
  return [...counts]
    .sort(([one], [other]) => number(one) - number(other))
    .map(([rule, count]) => `${rule} ${count}`)
    .join(", ");
}
