import type { SpanContext } from "../observe/index.ts";

/** What spans say of the program that has made them. */
export interface SpanSource {
  readonly version: string;
  /** Called once for each time in which the endpoint takes no spans. */
  readonly failed: (reason: string) => void;
}

/** What a runtime does as a whole: an operation on all plugins of a network. */
export interface WholeSpan {
  readonly name: string;
  readonly context: SpanContext;
  /** In milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
}
