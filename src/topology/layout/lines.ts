/** The lines of text below the name of a tile or a box. */
import { fit } from "../text/index.ts";
import { BOX, TILE } from "./shape.ts";

/** The width of a letter is not known where nothing is drawn: this is of the widest of the usual fonts. */
const LINE_PX = 6.7;
/** Beside the text, on both sides together. */
const ASIDE = 24;
/** So many have room in a box; a tile grows with its own. */
const BOX_LINES = 2;
const TILE_LINES = 3;

export function boxLines(lines: readonly string[]): string[] {
  return lines.slice(0, BOX_LINES).map((line) => fit(line, columnsIn(BOX.width)));
}

/** What is too long goes on in a line below: of an interface with two addresses both are read. */
export function tileLines(lines: readonly string[]): string[] {
  const columns = columnsIn(TILE.full.width);
  return lines
    .flatMap((line) => broken(line, columns))
    .slice(0, TILE_LINES)
    .map((line) => fit(line, columns));
}

function columnsIn(width: number): number {
  return Math.floor((width - ASIDE) / LINE_PX);
}

function broken(line: string, columns: number): string[] {
  const parts: string[] = [];
  for (const word of line.split(" ")) {
    const longer = `${parts.at(-1) ?? ""} ${word}`;
    if (parts.length > 0 && longer.length <= columns) parts[parts.length - 1] = longer;
    else parts.push(word);
  }
  return parts;
}
