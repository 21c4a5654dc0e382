import { isLosslessNumber, stringify } from "lossless-json";

import { CniError, ErrorCode } from "../errors.ts";
import type { JsonValue } from "./value.ts";

/**
 * Prints JSON, numbers to the digit; with `indent` spaces a level, else on one line. Throws a
 * CniError of code 999 for what has no JSON form, such as undefined.
 *
 * @example
 * ```ts
 * import { printJson } from "hawser/spec";
 *
 * printJson({ name: "dbnet" }); // → '{"name":"dbnet"}'
 * printJson(["a"], 2); // → '[\n  "a"\n]'
 * ```
 */
export function printJson(value: JsonValue, indent?: number): string {
  // The engine's own printer is much faster and knows no numbers that keep their text.
  const text = isPlain(value)
    ? JSON.stringify(value, null, indent ?? 0)
    : stringify(value, null, indent ?? 0);
  if (text === undefined) {
    throw new CniError(ErrorCode.INTERNAL, "value has no JSON form");
  }
  return text;
}

function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return typeof value !== "bigint";
  }
  if (Array.isArray(value)) {
    return value.every(isPlain);
  }
  return !isLosslessNumber(value) && Object.values(value).every(isPlain);
}
