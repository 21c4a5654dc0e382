import { stringify } from "lossless-json";

import { CniError, ErrorCode } from "../errors.ts";
import type { JsonValue } from "./value.ts";

/** Prints JSON, numbers to the digit; with `indent` spaces a level, else on one line. */
export function printJson(value: JsonValue, indent?: number): string {
  const text = stringify(value, null, indent ?? 0);
  if (text === undefined) {
    throw new CniError(ErrorCode.INTERNAL, "value has no JSON form");
  }
  return text;
}
