/** Findings for people: the place, the line with the text underlined, and what to do. */
import { isAbsolute, relative } from "node:path";
import { createColors } from "picocolors";
import { printable } from "../../base/index.ts";
import type { Diagnostic, Level, Position, Report } from "../../validate/index.ts";
import type { CliIo } from "../io.ts";

type Colors = ReturnType<typeof createColors>;

const TAB = "    ";
const LEAST_WIDTH = 40;

/** The whole report. */
export function reportText(
  { files, diagnostics, directories }: Report,
  { stdout, cwd }: CliIo,
): string {
  const colors = createColors(stdout.color);
  const width = stdout.columns ?? Number.POSITIVE_INFINITY;
  const found = diagnostics.map((each) => findingText(each, { colors, cwd, width }));
  const choices = directories.flatMap(({ dir, choices: all }) => [
    colors.bold(`what runtimes take from ${printable(shown(dir, cwd))}:`),
    ...all.map(({ client, file, network, why }) => {
      const what =
        file === undefined ? "nothing" : `${shown(file, dir)} (network ${network ?? "?"})`;
      return `  ${client.padEnd(11)}${printable(`${what}: ${why}`)}`;
    }),
  ]);
  const list = choices.length === 0 ? "" : `${choices.join("\n")}\n`;
  const summary = files.length === 0 ? "" : `${summaryOf(files.length, diagnostics)}\n`;
  return `${found.join("")}${list}${summary}`;
}

/** `2 errors and 1 warning in 3 files; --fix mends 1` */
function summaryOf(files: number, diagnostics: readonly Diagnostic[]): string {
  const count = (level: Level): number => diagnostics.filter((each) => each.level === level).length;
  const parts = (["error", "warning", "note"] as const)
    .map((level) => [level, count(level)] as const)
    .filter(([, number]) => number > 0)
    .map(([level, number]) => plural(number, level));
  const last = parts.pop();
  const all =
    last === undefined
      ? "nothing found"
      : parts.length === 0
        ? last
        : `${parts.join(", ")} and ${last}`;
  const fixes = diagnostics.filter(({ fix }) => fix !== undefined).length;
  const mends = fixes === 0 ? "" : `; --fix mends ${fixes}`;
  return `${all} in ${plural(files, "file")}${mends}`;
}

function plural(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

interface Look {
  readonly colors: Colors;
  readonly cwd: string;
  readonly width: number;
}

function findingText(finding: Diagnostic, look: Look): string {
  const { rule, level, file, place, message, help, related, fix } = finding;
  const { colors, cwd } = look;
  const at = place === undefined ? "" : `:${place.line}:${place.column}`;
  const head = `${colors.bold(printable(shown(file, cwd)) + at)}: ${paint(level, colors)(`${level}:`)} ${printable(message)} ${colors.dim(`[${rule}]`)}`;
  const lines = [head, ...(place === undefined ? [] : excerpt(place, level, look))];
  for (const { file: other, line, message: what } of related ?? []) {
    lines.push(`  ${colors.dim(`${printable(shown(other, cwd))}:${line}: ${printable(what)}`)}`);
  }
  if (help !== undefined) {
    const mends = fix === undefined ? "" : colors.dim(" (--fix does)");
    lines.push(`  ${colors.cyan("to do:")} ${printable(help)}${mends}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The line, and under it a mark below what is meant. */
function excerpt(place: Position, level: Level, { colors, width }: Look): string[] {
  const { line, text, column, length } = place;
  const number = String(line).padStart(4);
  const room = Math.max(LEAST_WIDTH, width - number.length - 3);
  let before = cell(text.slice(0, column - 1));
  const meant = cell(text.slice(column - 1, column - 1 + length));
  const after = cell(text.slice(column - 1 + length));
  const most = Math.floor(room / 2);
  if (Bun.stringWidth(before + meant + after) > room && Bun.stringWidth(before) > most) {
    before = `…${graphemes(before)
      .slice(-most + 1)
      .join("")}`;
  }
  const marks = Math.max(1, Math.min(Bun.stringWidth(meant), room - Bun.stringWidth(before)));
  const shownLine = cut(before + meant + after, room);
  const under = " ".repeat(Bun.stringWidth(before)) + paint(level, colors)("^".repeat(marks));
  return [
    `${colors.dim(`${number} |`)} ${shownLine}`,
    `${colors.dim(`${" ".repeat(number.length)} |`)} ${under}`,
  ];
}

function graphemes(text: string): string[] {
  return [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
}

function cut(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let kept = "";
  for (const character of graphemes(text)) {
    if (Bun.stringWidth(kept + character) >= width) break;
    kept += character;
  }
  return `${kept}…`;
}

/** What a terminal shows in as many columns as are counted. */
function cell(text: string): string {
  return printable(text.replaceAll("\t", TAB));
}

function paint(level: Level, colors: Colors): (text: string) => string {
  if (level === "error") return colors.red;
  return level === "warning" ? colors.yellow : colors.blue;
}

/** As it is seen from a directory, where it lies below it. */
export function shown(file: string, dir: string): string {
  const path = relative(dir, file);
  return path === "" || path.startsWith("..") || isAbsolute(path) ? file : path;
}
