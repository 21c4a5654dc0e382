import type { Report } from "../check.ts";
import { countsOf, exitCodeOf, type Judgement } from "./counts.ts";

/** The report for programs: as it is, with what it comes to. */
export function jsonReport(report: Report, judgement: Judgement): string {
  const known = Object.fromEntries(judgement.reasons);
  const { outcomes, ...head } = report;
  const { strict, stale } = judgement;
  const document = {
    ...head,
    ...{ strict, counts: countsOf(judgement), exitCode: exitCodeOf(judgement) },
    ...(judgement.reasons.size > 0 ? { known } : {}),
    ...(stale.length > 0 ? { stale } : {}),
    outcomes,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
