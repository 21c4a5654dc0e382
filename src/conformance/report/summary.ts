import type { Report } from "../check.ts";
import { countsOf, type Judgement } from "./counts.ts";

/** One line, as a README has it. */
export function summaryLine(report: Report, judgement: Judgement): string {
  const { suite, profile, partial, subject } = report;
  const scope = `${partial ? "a part of " : ""}${profile}${judgement.strict ? ", strict" : ""}`;
  const head = `CNI ${suite.specification} conformance (hawser ${suite.hawser}, ${scope})`;
  const { length } = subject.versions;
  const versions = report.of === "plugin" ? `; ${length} version${length === 1 ? "" : "s"}` : "";
  return `${head}: ${countsText(judgement)}${versions}`;
}

/** How many checks ended in which way; of the rarer ways only what there is. */
export function countsText(judgement: Judgement): string {
  const counts = countsOf(judgement);
  const parts = [
    `${counts.passed} passed`,
    `${counts.failed} failed`,
    ...(counts.advised > 0 ? [`${counts.advised} against a SHOULD`] : []),
    ...(counts.known > 0 ? [`${counts.known} known`] : []),
    `${counts.skipped} skipped`,
    ...(counts.broken > 0 ? [`${counts.broken} not run by a fault of the suite`] : []),
    ...(counts.outOfDate > 0 ? [`${counts.outOfDate} of the known failures out of date`] : []),
  ];
  return parts.join(", ");
}
