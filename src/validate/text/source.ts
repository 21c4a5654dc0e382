import type { Position, Span } from "../diagnostic.ts";

/** The longest part of a line that a place shows, on each side of what is meant. */
const SHOWN = 160;
const NEWLINE = "\n";

/** A file's text, with places in it. */
export class Source {
  readonly file: string;
  readonly text: string;
  /** Permission bits of the file, where it is one. */
  readonly mode: number | undefined;
  /** What no place may show. */
  readonly secrets: Span[] = [];
  #starts: number[] | undefined;

  constructor(file: string, text: string, mode?: number) {
    this.file = file;
    this.text = text;
    this.mode = mode;
  }

  /** The line of an offset, from 1. */
  lineOf(offset: number): number {
    const starts = this.#lineStarts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** A span as people look for it; one of several lines ends with its first. */
  placeOf({ offset, length }: Span): Position {
    const at = Math.min(offset, this.text.length);
    const line = this.lineOf(at);
    const start = this.#lineStarts()[line - 1] ?? 0;
    const newline = this.text.indexOf(NEWLINE, start);
    const whole = this.text.slice(start, newline === -1 ? undefined : newline).replace(/\r$/u, "");
    const column = at - start + 1;
    const shown = this.#masked(start, whole);
    const rest = Math.max(0, whole.length - column + 1);
    return {
      line,
      column,
      length: Math.max(1, Math.min(length, rest)),
      text: shown.length > column + SHOWN ? `${shown.slice(0, column + SHOWN)}…` : shown,
    };
  }

  #masked(start: number, line: string): string {
    let shown = line;
    for (const { offset, length } of this.secrets) {
      const from = Math.max(0, offset - start);
      const to = Math.min(line.length, offset + length - start);
      if (from < to) shown = shown.slice(0, from) + "*".repeat(to - from) + shown.slice(to);
    }
    return shown;
  }

  #lineStarts(): number[] {
    if (this.#starts !== undefined) return this.#starts;
    const starts = [0];
    for (let at = this.text.indexOf(NEWLINE); at !== -1; at = this.text.indexOf(NEWLINE, at + 1)) {
      starts.push(at + 1);
    }
    this.#starts = starts;
    return starts;
  }
}
