import { CniError, ErrorCode } from "../errors.ts";
import { type JsonValue, printJson } from "../json/index.ts";

/**
 * An error of code 2, whose text by specification names the key and its value.
 *
 * @example
 * ```ts
 * import { unsupportedField } from "hawser/spec";
 *
 * const error = unsupportedField("speed", "fast");
 * error.code; // → 2
 * error.msg; // → 'unsupported field in network configuration: speed: "fast"'
 * ```
 */
export function unsupportedField(key: string, value: JsonValue): CniError {
  const msg = `unsupported field in network configuration: ${key}: ${printJson(value)}`;
  return new CniError(ErrorCode.UNSUPPORTED_FIELD, msg);
}
