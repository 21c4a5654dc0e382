/** The longest piece of a stranger's text that a message repeats, in characters. */
const LONGEST = 80;

/** A stranger's text for a message; of one that is far too long, its beginning. */
export function excerpt(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** The same in quotes, with escapes. */
export function quoted(text: string): string {
  return JSON.stringify(excerpt(text));
}
