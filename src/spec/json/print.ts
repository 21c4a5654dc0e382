import { stringify } from "lossless-json";
import { CniError, ErrorCode } from "../errors.ts";
import { isIndentedWithin } from "./indentation.ts";
import type { JsonValue } from "./value.ts";

/**
 * Most characters that the indentation of a text may take. It grows with depth times length: some
 * kilobytes of an unknown key would otherwise print as gigabytes.
 */
const INDENTATION_MAX = 1024 * 1024;

/**
 * Prints JSON, numbers to the digit; with `indent` spaces a level, else on one line. What would need
 * more than 1 MiB of indentation is printed on one line, too.
 * @throws CniError of code 999 for what has no JSON form, such as undefined
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
  const asked = indent ?? 0;
  const space = isIndentedWithin(value, asked, INDENTATION_MAX) ? asked : 0;
  const text = printPlain(value, space) ?? stringify(value, null, space);
  if (text === undefined) throw new CniError(ErrorCode.INTERNAL, "value has no JSON form");
  return text;
}

/** What an object shows that is a number with its text, when it is printed as any other. */
const LOSSLESS_MARK = '"isLosslessNumber":';

/**
 * By the engine's own printer, which is much faster and knows no numbers that keep their text:
 * undefined when there seems to be one, or a bigint, which it refuses.
 */
function printPlain(value: JsonValue, space: number): string | undefined {
  try {
    const text = JSON.stringify(value, null, space) as string | undefined;
    return text?.includes(LOSSLESS_MARK) ? undefined : text;
  } catch {
    return undefined;
  }
}
