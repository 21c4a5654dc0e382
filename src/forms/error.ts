import { maybe, number, object, type Schema, text } from "./schema.ts";

/** An error of the specification's shape. */
export interface ErrorForm {
  readonly code: number;
  readonly msg: string;
  readonly details?: string | undefined;
  /** What to do about it. */
  readonly todo?: string | undefined;
}

export const errorSchema: Schema<ErrorForm> = object<ErrorForm>(
  {
    code: number(),
    msg: text(),
    details: maybe(text()),
    todo: maybe(text("What to do about it.")),
  },
  "An error of the specification's shape.",
);
