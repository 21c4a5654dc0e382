import type { Outcome, Report } from "../check.ts";
import { countsOf, type Judgement } from "./counts.ts";
import { detailRows, excuse } from "./detail.ts";
import { xmlAttribute, xmlText } from "./xml.ts";

/** JUnit's XML. What does not fail the run stands there as skipped, with its reason. */
export function junitReport(report: Report, judgement: Judgement): string {
  const { suite, subject, outcomes, seconds } = report;
  const counts = countsOf(judgement);
  const attributes = attributesOf({
    name: `CNI ${suite.specification} conformance of ${subject.name}`,
    tests: outcomes.length + counts.outOfDate,
    failures: counts.failed + counts.outOfDate,
    errors: counts.broken,
    skipped: counts.skipped + counts.advised + counts.known,
    time: seconds.toFixed(3),
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `  <testsuite ${attributes}>`,
    ...propertyLines(report),
    ...outcomes.map((outcome) => testCase(report, judgement, outcome)),
    ...staleCases(report, judgement),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function propertyLines({ suite, subject, profile, seed, partial, of }: Report): string[] {
  const properties = {
    hawser: suite.hawser,
    of,
    subject: subject.path,
    kind: subject.kind,
    versions: subject.versions.join(" "),
    profile,
    seed,
    partial: String(partial),
  };
  const lines = Object.entries(properties).map(([name, value]) => {
    return `      <property ${attributesOf({ name, value })}/>`;
  });
  return ["    <properties>", ...lines, "    </properties>"];
}

function testCase(report: Report, judgement: Judgement, outcome: Outcome): string {
  const head = attributesOf({
    classname: `${report.subject.name}.${outcome.rule}`,
    name: outcome.check,
    time: (outcome.ms / 1000).toFixed(3),
  });
  const inner = innerOf(judgement, outcome);
  if (inner === undefined) return `    <testcase ${head}/>`;
  return `    <testcase ${head}>\n      ${inner}\n    </testcase>`;
}

function innerOf(judgement: Judgement, outcome: Outcome): string | undefined {
  const { verdict, reason = "", level, finding } = outcome;
  if (verdict === "passed") return undefined;
  if (verdict === "skipped") return `<skipped ${attributesOf({ message: reason })}/>`;
  const why = excuse(outcome, judgement);
  const came = `expected ${finding?.expected ?? ""}; came ${finding?.came ?? ""}`;
  if (why !== undefined) return `<skipped ${attributesOf({ message: `${why}; ${came}` })}/>`;
  const lines = detailRows(outcome).map(([label, text]) => `${label}: ${text}`);
  const body = xmlText(lines.join("\n"));
  if (verdict === "broken") {
    return `<error ${attributesOf({ type: "suite", message: reason })}>${body}</error>`;
  }
  return `<failure ${attributesOf({ type: level, message: came })}>${body}</failure>`;
}

function staleCases({ subject }: Report, { stale }: Judgement): string[] {
  return stale.map(({ line, check, why }) => {
    const head = attributesOf({
      classname: `${subject.name}.known`,
      name: `line ${line}: ${check}`,
    });
    const failure = `<failure ${attributesOf({ type: "known", message: why })}/>`;
    return `    <testcase ${head}>\n      ${failure}\n    </testcase>`;
  });
}

function attributesOf(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${xmlAttribute(String(value))}"`)
    .join(" ");
}
