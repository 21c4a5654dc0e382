import type { Level, RuleName } from "./rules.ts";

/** A part of a text, in UTF-16 units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** A change of a text: what stands in the span becomes another text. */
export interface Edit extends Span {
  readonly text: string;
}

/** Where something is in a file; lines and columns count from 1, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
  /** How much of the line is meant. */
  readonly length: number;
  /** The line, with secrets masked. */
  readonly text: string;
}

/** Another place that a finding speaks of. */
export interface Related {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** One finding. */
export interface Diagnostic {
  readonly rule: RuleName;
  readonly level: Level;
  readonly file: string;
  /** Absent where the finding is of the file as a whole. */
  readonly place?: Position;
  readonly message: string;
  /** What to do. */
  readonly help?: string;
  readonly related?: readonly Related[];
  /** The edits that mend it, where there is one answer. */
  readonly fix?: readonly Edit[];
}
