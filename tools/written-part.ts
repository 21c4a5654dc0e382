/** The part of a document that a command writes: between two lines of their own. */
export interface WrittenPart {
  readonly begin: string;
  readonly end: string;
}

/** The document with new content in that part, an empty line above and below it. */
export function withPart(document: string, part: WrittenPart, content: string): string {
  const [begin, end] = placeOf(document, part);
  return `${document.slice(0, begin)}\n\n${content.trim()}\n\n${document.slice(end)}`;
}

/** What stands in the part now. */
export function partOf(document: string, part: WrittenPart): string {
  return document.slice(...placeOf(document, part));
}

function placeOf(document: string, part: WrittenPart): [begin: number, end: number] {
  const begin = document.indexOf(part.begin);
  const end = document.indexOf(part.end, begin);
  if (begin < 0 || end < begin) {
    throw new Error(`a document has no lines "${part.begin}" and "${part.end}"`);
  }
  return [begin + part.begin.length, end];
}
