/** The map as a terminal shows it. */
import { createColors } from "picocolors";
import type { MapForm } from "../forms/index.ts";
import { type Stems, type TreeLine, treeOf } from "../topology/text/index.ts";
import type { Output } from "./io.ts";

/** With fewer columns no container's name fits behind that of its link. */
const NARROW = 64;

type Look = Pick<Output, "color" | "columns">;

/** A terminal has its width, at which lines are cut; where there is none nothing is. */
export function mapText(map: MapForm, stems: Stems, look: Look): string {
  const { columns = Number.POSITIVE_INFINITY } = look;
  return treeOf(map, { stems, isNarrow: columns < NARROW })
    .flatMap((line) => wrapped(line, columns))
    .map((line) => `${lineText(line, look)}\n`)
    .join("");
}

/** What is wrong is not cut at the width of the terminal: it goes on below. */
function wrapped(line: TreeLine, columns: number): TreeLine[] {
  const [stem, fault] = line;
  if (stem === undefined || fault?.as !== "fault") return [line];
  const room = Math.max(16, columns - Bun.stringWidth(stem.text));
  const rows: string[] = [];
  for (const word of fault.text.split(" ")) {
    const row = rows.at(-1);
    if (row === undefined || Bun.stringWidth(`${row} ${word}`) > room) {
      rows.push(row === undefined ? word : `  ${word}`);
    } else {
      rows[rows.length - 1] = `${row} ${word}`;
    }
  }
  return rows.map((text) => [stem, { ...fault, text }]);
}

const GAP = "  ";

function lineText(line: TreeLine, { color, columns }: Look): string {
  const { bold, dim, red, yellow } = createColors(color);
  const parts = line.map(({ text, as, state }, at) => {
    // A stem brings the space behind it.
    const gap = at === 0 || line[at - 1]?.as === "stem" ? "" : GAP;
    const isWell = state === undefined || state === "ok";
    if (as === "fault") return `${gap}${(state === "drift" ? yellow : red)(text)}`;
    return `${gap}${as === "name" ? (isWell ? bold : red)(text) : dim(text)}`;
  });
  return cut(parts.join(""), columns);
}

function cut(text: string, columns: number | undefined): string {
  if (columns === undefined || Bun.stringWidth(text) <= columns) return text;
  return `${Bun.sliceAnsi(text, 0, columns - 1)}…`;
}
