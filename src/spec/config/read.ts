import { defined } from "../../base/index.ts";
import { CniError } from "../errors.ts";
import { isNumber, type JsonValue } from "../json/index.ts";

/** Runs `read` and puts `prefix: ` before the message of what it throws; the code stays. */
export function prefixed<T>(prefix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code, msg, details } = CniError.from(error);
    const options = { cause: error, ...defined({ details }) };
    throw new CniError(code, `${prefix}: ${msg}`, options);
  }
}

/** The name Go has for the kind of a decoded value; users know it from libcni's messages. */
export function goType(value: JsonValue): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (isNumber(value)) return "float64";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}
