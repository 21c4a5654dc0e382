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
  const columns = all
    .map((column) => ({ ...column, cells: rows.map((row) => cellText(column.text(row))) }))
    .filter(
      ({ isOptional, cells }) => isOptional !== true || cells.some((cell) => cell !== NOTHING),
    );
  const widths = widthsOf(columns, output.columns);
  const { dim } = createColors(output.color);
  const titles = columns.map(({ title, isRight }, at) => fit(title, widths[at] ?? 0, isRight));
  const lines = rows.map((row, line) =>
    columns
      .map(({ cells, isRight, paint }, at) => {
        const cell = cells[line] ?? "";
        const padded = fit(cell, widths[at] ?? 0, isRight);
        if (paint === undefined || cell === NOTHING || !output.color) return padded;
        return padded.replace(padded.trim(), (text) => paint(text, row));
      })
      .join(GAP)
      .trimEnd(),
  );
  return `${[dim(titles.join(GAP).trimEnd()), ...lines].join("\n")}\n`;
}

/** One line that a terminal only shows. */
function cellText(text: string): string {
  return printable(text.replaceAll(/[\n\t]/gu, " ")) || NOTHING;
}

interface Filled {
  readonly title: string;
  readonly cells: readonly string[];
  readonly least?: number;
}

/** As wide as the widest cell; where a terminal is too narrow, the widest columns give way. */
function widthsOf(columns: readonly Filled[], available: number | undefined): number[] {
  const widths = columns.map(({ title, cells }) =>
    cells.reduce((most, cell) => Math.max(most, Bun.stringWidth(cell)), title.length),
  );
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
