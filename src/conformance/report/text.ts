import type { Outcome, Report } from "../check.ts";
import { linkTo, ruleOf } from "../rules/index.ts";
import { exitCodeOf, type Judgement } from "./counts.ts";
import { exchangeRows, lastCall, oneLine, type Row } from "./exchange.ts";
import {
  byReason,
  byRule,
  type CommonFinding,
  common,
  type FindingGroup,
  numberOf,
  type RuleFindings,
} from "./groups.ts";
import { countsText } from "./summary.ts";

/** The report for people: what was checked, findings by rule, what they come to. */

/** How parts of the text look; each function gives a text of the same letters. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
}

export interface TextOptions {
  readonly paint: Paint;
  /** Each check with its verdict, and each call of a finding. */
  readonly verbose?: boolean;
}

const LABEL_WIDTH = 10;
/** What of a transcript is shown with `verbose`. */
const CALLS_MAX = 20;
/** How many names stand beside a reason. */
const NAMES_MAX = 3;
/** How many checks and rules stand in a finding that they share. */
const CHECKS_MAX = 8;
const RULES_MAX = 20;

export function textReport(report: Report, judgement: Judgement, options: TextOptions): string {
  const { paint, verbose = false } = options;
  const { failed, advised } = judgement;
  const { shared, others } = common([...failed, ...advised]);
  const findings = (mark: string, list: readonly Outcome[]): string[] =>
    byRule(list.filter((one) => others.includes(one))).flatMap((rule) => {
      return ruleLines(rule, mark, options);
    });
  return [
    ...headLines(report, paint),
    ...(verbose ? verdictLines(report, judgement, paint) : []),
    ...shared.flatMap((one) => commonLines(one, judgement, options)),
    ...findings(paint.red("✗"), failed),
    ...findings(paint.yellow("!"), advised),
    ...brokenLines(judgement, options),
    ...staleLines(judgement, paint),
    ...knownLines(judgement, paint),
    ...skippedLines(judgement, paint),
    ...footLines(report, judgement, paint),
    "",
  ].join("\n");
}

function headLines(report: Report, paint: Paint): string[] {
  const { suite, subject, profile, seed, isRoot = true } = report;
  const versions = subject.versions.join(", ");
  const rows: Row[] = [
    ["subject", oneLine(subject.path)],
    ["kind", `${subject.kind} (${oneLine(subject.by)})`],
    ["versions", oneLine(versions === "" ? "none that it names" : versions)],
    ["run", `profile ${profile}, seed ${seed}${isRoot ? "" : ", without root"}`],
  ];
  const title = `CNI ${suite.specification} conformance of a ${report.of}, hawser ${suite.hawser}`;
  const hint = subject.isGuess === true ? [...HINT, ...(isRoot ? [] : [ROOT_HINT])] : [];
  return [paint.bold(title), ...rowLines(rows, "  ", paint), ...hint, ""];
}

const ROOT_HINT = "  Or it needs what only root of the machine may do: then run the suite as root.";
const HINT = [
  "",
  "  An ADD has to succeed before the suite can say much. If the plugin needs keys in its configuration,",
  "  a link or a daemon, a file subject.json says so: --subject FILE.",
];

function rowLines(rows: readonly Row[], indent: string, paint: Paint): string[] {
  return rows.map(([label, text]) => `${indent}${paint.dim(label.padEnd(LABEL_WIDTH))}${text}`);
}

function commonLines(
  { outcomes, bases, shown }: CommonFinding,
  { failed }: Judgement,
  options: TextOptions,
): string[] {
  const { paint } = options;
  const mark = outcomes.some((one) => failed.includes(one)) ? paint.red("✗") : paint.yellow("!");
  const rules = [...new Set(outcomes.map(({ rule }) => rule))].toSorted((one, other) => {
    return numberOf(one) - numberOf(other);
  });
  const many = `The same in ${bases.length} checks`;
  const rows: Row[] = [
    ["rules", listed(rules, RULES_MAX)],
    ["checks", listed(bases, CHECKS_MAX)],
    ...findingRows(shown, options),
  ];
  return [`${mark} ${paint.bold(many)}`, "", ...rowLines(rows, "      ", paint), ""];
}

function ruleLines(findings: RuleFindings, mark: string, options: TextOptions): string[] {
  const { rule, level, groups } = findings;
  const { paint } = options;
  const { title, text, section, at } = ruleOf(rule);
  const where = `specification, section ${section}, ${linkTo(at).title}`;
  return [
    `${mark} ${paint.bold(`${rule} ${level}: ${title}`)}  ${paint.dim(`(${where})`)}`,
    `  ${text}`,
    "",
    ...groups.flatMap((group) => groupLines(group, options)),
  ];
}

function groupLines({ base, outcomes, versions }: FindingGroup, options: TextOptions): string[] {
  const { paint } = options;
  const shown = outcomes.at(-1);
  if (shown === undefined) return [];
  const rows: Row[] = versions.length > 0 ? [["versions", versions.join(", ")]] : [];
  rows.push(...findingRows(shown, options));
  return [`    ${paint.bold(base)}`, ...rowLines(rows, "      ", paint), ""];
}

function findingRows(shown: Outcome, { verbose = false }: TextOptions): Row[] {
  return [
    ["tried", shown.tries],
    ["expected", oneLine(shown.finding?.expected ?? "")],
    ["came", oneLine(shown.finding?.came ?? "")],
    ...(verbose ? allCalls(shown) : lastCallRows(shown)),
    ["repeat", shown.repeat],
  ];
}

function lastCallRows(outcome: Outcome): Row[] {
  const call = lastCall(outcome);
  return call === undefined ? [] : exchangeRows(call);
}

function allCalls({ transcript = [] }: Outcome): Row[] {
  const left = transcript.length - CALLS_MAX;
  const rows = transcript.slice(-CALLS_MAX).flatMap(exchangeRows);
  return left > 0 ? [["sent", `(${left} calls and commands before)`], ...rows] : rows;
}

function verdictLines(report: Report, judgement: Judgement, paint: Paint): string[] {
  const lines = report.outcomes.map((outcome) => {
    const { check, rule, verdict, reason, ms } = outcome;
    const known = judgement.reasons.get(check);
    const told = known === undefined ? verdict : `known: ${known}`;
    const word = known === undefined && verdict === "failed" ? paint.red(told) : told;
    const why = verdict === "skipped" ? `: ${oneLine(reason ?? "")}` : ` (${ms} ms)`;
    return `  ${rule.padEnd(5)}${check}  ${paint.dim(`${word}${why}`)}`;
  });
  return [...lines, ""];
}

function brokenLines({ broken }: Judgement, { paint }: TextOptions): string[] {
  if (broken.length === 0) return [];
  const groups = byReason(broken).flatMap(({ reason, outcomes }) => {
    const [first] = outcomes;
    const rows: Row[] = [
      ["checks", names(outcomes)],
      ["repeat", first?.repeat ?? ""],
    ];
    return [`  ${oneLine(reason)}`, ...rowLines(rows, "      ", paint)];
  });
  return [paint.bold("The suite itself failed; that says nothing of the subject:"), ...groups, ""];
}

function staleLines({ stale }: Judgement, paint: Paint): string[] {
  if (stale.length === 0) return [];
  const lines = stale.map(({ line, check, why }) => `  line ${line}: ${check}: ${oneLine(why)}`);
  return [paint.bold("The list of known failures is out of date:"), ...lines, ""];
}

function knownLines({ known, reasons }: Judgement, paint: Paint): string[] {
  if (known.length === 0) return [];
  const told = known.map((outcome) => ({ ...outcome, reason: reasons.get(outcome.check) ?? "" }));
  return [paint.bold("Known failures:"), ...reasonLines(told), ""];
}

function skippedLines({ skipped }: Judgement, paint: Paint): string[] {
  if (skipped.length === 0) return [];
  return [paint.bold("Skipped:"), ...reasonLines(skipped), ""];
}

function reasonLines(outcomes: readonly Outcome[]): string[] {
  return byReason(outcomes).map(({ reason, outcomes: of }) => {
    return `  ${`${of.length} ×`.padStart(5)} ${oneLine(reason)} (${names(of)})`;
  });
}

function names(outcomes: readonly Outcome[]): string {
  return listed(
    outcomes.map(({ check }) => check),
    NAMES_MAX,
  );
}

function listed(words: readonly string[], most: number): string {
  const more = words.length - most;
  return `${words.slice(0, most).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function footLines(report: Report, judgement: Judgement, paint: Paint): string[] {
  const code = exitCodeOf(judgement);
  const text = `${countsText(judgement)}, in ${report.seconds.toFixed(1)} s`;
  const count = code === 0 ? paint.green(text) : paint.red(text);
  const given = report.gaveUp === undefined ? "" : `, and was given up: ${report.gaveUp}`;
  return [
    `${paint.bold(count)}`,
    ...(report.partial ? [`Only a part of the suite ran${given}.`] : []),
    ...(judgement.advised.length > 0 ? ["A SHOULD counts with --strict."] : []),
  ];
}
