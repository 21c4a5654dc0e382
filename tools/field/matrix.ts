import { type Outcome, type Report, RULES, type Rule } from "../../src/conformance/index.ts";

/** The matrix by rule, and the findings behind it, as Markdown. */

/** What of a report is kept: enough for the matrix and the list of findings. */
export interface FieldReport {
  readonly title: string;
  readonly name: string;
  readonly report?: Report;
  /** In place of a report: why it could not be run on this machine. */
  readonly unfit?: string;
}

type Of = Report["of"];

/** A column: an implementation with all its subjects. */
interface Column {
  readonly title: string;
  readonly reports: readonly Report[];
}

export function matrix(reports: readonly FieldReport[], of: Of): string {
  const columns = columnsOf(reports, of);
  const rows = RULES.filter((rule) => columns.some((column) => outcomes(column, rule).length > 0));
  const head = ["rule", "level", ...columns.map(columnTitle)];
  const lines = rows.map((rule) => {
    const cells = columns.map((column) => cell(column, rule));
    return [`[${rule.id}](rules.md#${rule.id.toLowerCase()}) ${rule.title}`, rule.level, ...cells];
  });
  return table([head, head.map(() => "---"), totals(columns), ...lines]);
}

function columnsOf(reports: readonly FieldReport[], of: Of): Column[] {
  const titles = new Map<string, Report[]>();
  for (const { title, report } of reports) {
    if (report?.of === of) titles.set(title, [...(titles.get(title) ?? []), report]);
  }
  return [...titles].map(([title, list]) => ({ title, reports: list }));
}

function outcomes({ reports }: Column, { id }: Rule): readonly Outcome[] {
  return reports.flatMap((report) => report.outcomes.filter(({ rule }) => rule === id));
}

/** With how many subjects were run, where that says something. */
function columnTitle({ title, reports }: Column): string {
  return reports.length > 1 ? `${title} (${reports.length} plugins)` : title;
}

/** How many subjects keep a rule, of those to which it applies; bold where a MUST is broken. */
function cell(column: Column, rule: Rule): string {
  let [kept, tried, isMust] = [0, 0, false];
  for (const report of column.reports) {
    const own = report.outcomes.filter(({ rule: id, verdict }) => {
      return id === rule.id && verdict !== "skipped";
    });
    if (own.length === 0) continue;
    tried++;
    const broken = own.filter(({ verdict }) => verdict !== "passed");
    if (broken.length === 0) kept++;
    isMust ||= broken.some(({ level }) => level === "MUST");
  }
  if (tried === 0) return "–";
  const text = `${kept} of ${tried}`;
  if (kept === tried) return "✓";
  return isMust ? `**${text}**` : text;
}

function totals(columns: readonly Column[]): string[] {
  const counts = columns.map(({ reports }) => {
    const all = reports.flatMap((report) => report.outcomes);
    const failed = (level: string): number => {
      return all.filter((one) => one.verdict === "failed" && one.level === level).length;
    };
    const passed = all.filter(({ verdict }) => verdict === "passed").length;
    return `${passed} passed, ${failed("MUST")} MUST and ${failed("SHOULD")} SHOULD failed`;
  });
  return ["**all checks**", "", ...counts.map((text) => `**${text}**`)];
}

/** Each finding once, with all subjects that have it. */
export function findings(reports: readonly FieldReport[]): string {
  const sections = new Map<string, Map<string, { first: Outcome; subjects: string[] }>>();
  for (const { title, report, name } of reports) {
    if (report === undefined) continue;
    const section =
      sections.get(title) ?? new Map<string, { first: Outcome; subjects: string[] }>();
    sections.set(title, section);
    for (const outcome of report.outcomes.filter(({ verdict }) => verdict === "failed")) {
      const key = outcome.check.replace(/@.*/u, "");
      const entry = section.get(key) ?? { first: outcome, subjects: [] };
      section.set(key, entry);
      if (!entry.subjects.includes(name)) entry.subjects.push(name);
    }
  }
  return [...sections].map(([title, section]) => sectionOf(title, section)).join("\n");
}

function sectionOf(
  title: string,
  section: ReadonlyMap<string, { first: Outcome; subjects: readonly string[] }>,
): string {
  if (section.size === 0) return `### ${title}\n\nNo findings.\n`;
  const rows = [...section].map(([check, { first, subjects }]) => {
    const came = first.finding?.came ?? "";
    return [first.rule, first.level, check, subjects.join(", "), code(came)];
  });
  const head = ["rule", "level", "check", "plugins", "came (of the first)"];
  return `### ${title}\n\n${table([head, head.map(() => "---"), ...rows])}`;
}

const CAME_MAX = 160;

function code(text: string): string {
  const line = text.replaceAll(/\s+/gu, " ").replaceAll("`", "'").replaceAll("|", "\\|");
  return `\`${line.length > CAME_MAX ? `${line.slice(0, CAME_MAX)}…` : line}\``;
}

function table(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
