import { defined } from "../base/index.ts";
import type { JsonObject } from "../spec/index.ts";

/** What a command has found wrong, whichever it is. */
export interface ShownFinding {
  /** One word for its kind, for programs. */
  readonly name: string;
  readonly severity: "error" | "warning" | "note";
  /** A sentence without its full stop. */
  readonly message: string;
  /** What mends it: a command, or what to do. */
  readonly remedy?: string | undefined;
}

/** A finding in an answer for programs: the same everywhere. */
export function findingJson({ name, severity, message, remedy }: ShownFinding): JsonObject {
  return { name, severity, message, ...defined({ remedy }) };
}
