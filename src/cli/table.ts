/** Columns of text for people: aligned, without lines, cut at a terminal's width only on a terminal. */
import { createColors } from "picocolors";
import { printable } from "../base/index.ts";
import type { Output } from "./io.ts";

/** A column of a table of `Row`s. */
export interface Column<Row> {
  /** As it is written above the column. */
  readonly title: string;
  /** What a row has there; "" is shown as a dash. */
  readonly text: (row: Row) => string;
  /** Colours a text that is cut and printable already. */
  readonly paint?: (text: string, row: Row) => string;
  /** For numbers. */
  readonly isRight?: boolean;
  /** Left out where no row has anything to show. */
  readonly isOptional?: boolean;
  /** How many characters of it are left at least where a terminal is too narrow; none are taken when absent. */
  readonly least?: number;
  /** Left out where a terminal is too narrow for all; the column with the highest number goes first. */
  readonly spare?: number;
}

const GAP = "  ";
const NOTHING = "-";
const ELLIPSIS = "…";

/** A line of titles, and one for each row; nothing for no rows. */
export function table<Row>(
  all: readonly Column<Row>[],
  rows: readonly Row[],
  output: Pick<Output, "color" | "columns">,
): string {
  if (rows.length === 0) return "";
  const filledOnes = all
    .map((column) => filled(column, rows))
    .filter(
      ({ isOptional, cells }) => isOptional !== true || cells.some((cell) => cell !== NOTHING),
    );
  const columns = fitting(filledOnes, output.columns);
  const widths = widthsOf(columns, output.columns);
  const { dim } = createColors(output.color);
  const titles = columns.map(({ title, isRight }, at) => fit(title, widths[at] ?? 0, isRight));
  const lines = columns.map((column, at) => linesOf(column, rows, widths[at] ?? 0, output.color));
  const body = rows.map((_, line) => {
    let text = "";
    for (let at = 0; at < lines.length; at++) text += (at === 0 ? "" : GAP) + lines[at]?.[line];
    return text.trimEnd();
  });
  return `${[dim(titles.join(GAP).trimEnd()), ...body].join("\n")}\n`;
}

/** A column with what each row has there. */
interface Filled<Row> extends Column<Row> {
  readonly cells: readonly string[];
  /** Whether all of it is printable ASCII, a place for each character. */
  readonly isPlain: boolean;
}

const PLAIN = /^[ -~]*$/u;

/** A column is looked at whole: of thousands of rows hardly one has more than ASCII. */
function filled<Row>(column: Column<Row>, rows: readonly Row[]): Filled<Row> {
  const texts = rows.map((row) => column.text(row));
  const isPlain = PLAIN.test(texts.join(""));
  const cells = texts.map((text) => (isPlain ? text : shown(text)) || NOTHING);
  return { ...column, cells, isPlain };
}

/** One line that a terminal only shows. */
function shown(text: string): string {
  return printable(text.replaceAll(/[\n\t]/gu, " "));
}

/** The cells at the width of their column. */
function linesOf<Row>(
  { cells, isPlain, isRight = false, paint }: Filled<Row>,
  rows: readonly Row[],
  width: number,
  hasColor: boolean,
): string[] {
  return cells.map((cell, line) => {
    if (isPlain && cell.length <= width && !isRight && !hasColor) return cell.padEnd(width);
    const padded = fit(cell, width, isRight);
    if (paint === undefined || cell === NOTHING || !hasColor) return padded;
    return padded.replace(padded.trim(), (text) => paint(text, rows[line] as Row));
  });
}

/** Without the spare columns that a terminal has no room for, however narrow the others are made. */
function fitting<Row>(
  columns: readonly Filled<Row>[],
  available: number | undefined,
): readonly Filled<Row>[] {
  if (available === undefined) return columns;
  const least = (kept: readonly Filled<Row>[]): number =>
    kept.reduce((sum, column) => sum + GAP.length + leastWidth(column), -GAP.length);
  const bySpare = columns
    .filter(({ spare }) => spare !== undefined)
    .toSorted((one, other) => (other.spare ?? 0) - (one.spare ?? 0));
  let kept = columns;
  for (const column of bySpare) {
    if (least(kept) <= available) break;
    kept = kept.filter((each) => each !== column);
  }
  return kept;
}

function leastWidth<Row>(column: Filled<Row>): number {
  const { title, least = Infinity } = column;
  return Math.min(widthOf(column), Math.max(title.length, least));
}

function widthOf<Row>({ title, cells, isPlain }: Filled<Row>): number {
  let most = title.length;
  for (const cell of cells) most = Math.max(most, isPlain ? cell.length : Bun.stringWidth(cell));
  return most;
}

/** As wide as the widest cell; where a terminal is too narrow, the widest columns give way. */
function widthsOf<Row>(columns: readonly Filled<Row>[], available: number | undefined): number[] {
  const widths = columns.map(widthOf);
  if (available === undefined) return widths;
  const gaps = GAP.length * (columns.length - 1);
  for (;;) {
    const excess = widths.reduce((sum, width) => sum + width, gaps) - available;
    const [widest] = columns
      .map(({ title, least }, at) => ({
        at,
        room: (widths[at] ?? 0) - Math.max(title.length, least ?? Infinity),
      }))
      .filter(({ room }) => room > 0)
      .sort((one, other) => (widths[other.at] ?? 0) - (widths[one.at] ?? 0));
    if (excess <= 0 || widest === undefined) return widths;
    widths[widest.at] = (widths[widest.at] ?? 0) - 1;
  }
}

/** The text in a column of this width. */
function fit(text: string, width: number, isRight = false): string {
  const own = Bun.stringWidth(text);
  if (own > width) return fit(Bun.sliceAnsi(text, 0, width - 1) + ELLIPSIS, width, isRight);
  const blank = " ".repeat(width - own);
  return isRight ? blank + text : text + blank;
}
