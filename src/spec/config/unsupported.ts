import { CniError, ErrorCode } from "../errors.ts";
import { type JsonValue, printJson } from "../json/index.ts";

/** An error of code 2, whose text by specification names the key and its value. */
export function unsupportedField(key: string, value: JsonValue): CniError {
  const msg = `unsupported field in network configuration: ${key}: ${printJson(value)}`;
  return new CniError(ErrorCode.UNSUPPORTED_FIELD, msg);
}
