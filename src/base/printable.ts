// Controls but the end of a line and the tabulator, halves of surrogate pairs, characters that only
// say how others are to be shown (a byte order mark, marks of direction), separators of lines.
const UNPRINTABLE = /(?![\n\t])[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A text for people, in which each character that is not to be seen, or that a terminal would act
 * upon, stands as an escape: `\u001b` for an escape character. Text without any stays what it is.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`;
  });
}
