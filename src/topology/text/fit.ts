import { printable } from "../../base/index.ts";

const ELLIPSIS = "…";
/** Letters of East Asia, and pictures, are as wide as two others. */
const WIDE =
  /[\p{Extended_Pictographic}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{20000}-\u{3fffd}]/u;

/** Most names are of these letters: there is nothing to be looked for in them. */
const PLAIN = /^[\x20-\x7e]*$/u;

/** A text that others have chosen on one line: nothing in it is invisible or turns what is around it. */
export function oneLine(text: string): string {
  return printable(text).replaceAll(/[\n\t]/gu, " ");
}

/** The same in at most so many columns, with a sign where it is cut. */
export function fit(text: string, columns: number): string {
  if (PLAIN.test(text)) {
    return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}${ELLIPSIS}`;
  }
  // What is far too long need not be looked at whole.
  const isLong = text.length > 8 * columns;
  const line = oneLine(isLong ? text.slice(0, 8 * columns) : text);
  let width = 0;
  let kept = "";
  /** With room for the sign. */
  let short = "";
  for (const character of line) {
    width += WIDE.test(character) ? 2 : 1;
    if (width > columns) return `${short}${ELLIPSIS}`;
    kept += character;
    if (width < columns) short = kept;
  }
  return isLong ? `${short}${ELLIPSIS}` : kept;
}
