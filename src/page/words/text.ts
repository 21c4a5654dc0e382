import { printable } from "../../base/index.ts";

/** As much of a name as a list shows: longer ones are cut, with a sign that they are. */
export const SHOWN_MAX = 160;

/** Most texts are of these letters: there is nothing to be looked for in them. */
const PLAIN = /^[\x20-\x7e]*$/u;

/**
 * A text that others have chosen, to be shown on one line: nothing in it is invisible or turns the text
 * around it, and what is longer than `max` is cut.
 */
export function shown(text: string, max: number = SHOWN_MAX): string {
  if (PLAIN.test(text)) return text.length > max ? `${text.slice(0, max)}…` : text;
  // Each character may become an escape of ten; the rest of a long text need not be looked at.
  const head = printable(text.slice(0, max)).replaceAll(/[\n\t]/gu, " ");
  return text.length > max ? `${head}…` : head;
}

/** `1 address`, `2 addresses`: the plural is given where it is not by an s. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** Words joined as a sentence joins them. */
export function joined(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
