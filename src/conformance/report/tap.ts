import { printable } from "../../base/index.ts";
import type { Outcome, Report } from "../check.ts";
import type { Judgement } from "./counts.ts";
import { detailRows, excuse } from "./detail.ts";
import { summaryLine } from "./summary.ts";

/** TAP 14: a test point for each check, what a failure shows as YAML, `todo` for what does not count. */
export function tapReport(report: Report, judgement: Judgement): string {
  const { outcomes, subject, seed } = report;
  const stale = judgement.stale.map(({ line, check, why }, index) => {
    const number = outcomes.length + index + 1;
    const point = `not ok ${number} - known failure of line ${line}, ${escaped(check)}`;
    return [point, ...yaml([["message", why]])].join("\n");
  });
  const points = outcomes.map((outcome, index) => testPoint(judgement, outcome, index + 1));
  return [
    "TAP version 14",
    `1..${points.length + stale.length}`,
    `# ${printable(subject.path).replaceAll("\n", " ")}, seed ${seed}`,
    ...points,
    ...stale,
    `# ${summaryLine(report, judgement)}`,
    "",
  ].join("\n");
}

function testPoint(judgement: Judgement, outcome: Outcome, number: number): string {
  const { check, rule, verdict, reason = "" } = outcome;
  const name = `${number} - ${rule} ${escaped(check)}`;
  if (verdict === "passed") return `ok ${name}`;
  if (verdict === "skipped") return `ok ${name} # SKIP ${escaped(reason)}`;
  const why = excuse(outcome, judgement);
  const directive = why === undefined ? "" : ` # todo ${escaped(why)}`;
  return [`not ok ${name}${directive}`, ...yaml(detailRows(outcome))].join("\n");
}

/** A text in one line, in which a `#` begins no directive. */
function escaped(text: string): string {
  const line = printable(text).replaceAll(/\s+/gu, " ").trim();
  return line.replaceAll("\\", "\\\\").replaceAll("#", "\\#");
}

/** YAML reads texts as JSON writes them. */
function yaml(rows: readonly (readonly [string, string])[]): string[] {
  const lines = rows.map(([key, text]) => `  ${key}: ${JSON.stringify(text)}`);
  return ["  ---", ...lines, "  ..."];
}
