import type { Report } from "../check.ts";
import { countsOf, exitCodeOf, type Judgement } from "./counts.ts";

/** The report for programs: as it is, with what it comes to. */
export function jsonReport(report: Report, judgement: Judgement): string {
  const known = [...judgement.reasons].map(([check, reason]) => ({ check, reason }));
  const { outcomes, ...head } = report;
  const { strict, stale } = judgement;
  const document = {
    ...head,
    ...{ strict, counts: countsOf(judgement), exitCode: exitCodeOf(judgement) },
    ...(known.length > 0 ? { known } : {}),
    ...(stale.length > 0 ? { outOfDate: stale } : {}),
    outcomes,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
