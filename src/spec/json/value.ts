import { isLosslessNumber, type LosslessNumber } from "lossless-json";

/** A JSON object: an own property per key, so that any key (also `__proto__`) is only data. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/**
 * A JSON value. A number that JavaScript would print differently from how it was written
 * (`1.0`, `1e400`, `12345678901234567890`) is a `LosslessNumber` that keeps its text.
 */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | LosslessNumber
  | JsonValue[]
  | JsonObject;

/**
 * Whether the value is a JSON object: not null, no list, no `LosslessNumber`.
 *
 * @example
 * ```ts
 * import { isObject, parseJson } from "hawser/spec";
 *
 * isObject(parseJson("{}")); // → true
 * isObject(parseJson("[]")); // → false
 * isObject(parseJson("1.0")); // → false
 * ```
 */
export function isObject(value: unknown): value is JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !isLosslessNumber(value);
}

/**
 * Whether the value is a number, also one that keeps its text.
 *
 * @example
 * ```ts
 * import { isNumber, parseJson } from "hawser/spec";
 *
 * isNumber(parseJson("12345678901234567890")); // → true
 * isNumber("1"); // → false
 * ```
 */
export function isNumber(value: unknown): value is number | LosslessNumber {
  return typeof value === "number" || isLosslessNumber(value);
}

/**
 * The value of a number as JavaScript has it: `1.0` gives 1; a number too large or too precise
 * gives the nearest double. Undefined for what is no number.
 *
 * @example
 * ```ts
 * import { numberOf, parseJson } from "hawser/spec";
 *
 * numberOf(parseJson("1.0")); // → 1
 * numberOf("1"); // → undefined
 * ```
 */
export function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  return isNumber(value) ? Number(value.toString()) : undefined;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/u;
/** More digits than any whole number that a plugin or a kernel knows; an exponent makes no more. */
const MOST_DIGITS = 40;

/**
 * The value of a whole number, in whatever form it is written: templates and programs turn 1400 into
 * `1400.0` and 1000000 into `1e+06`. Exact, so that `1400.5`, `1e400` and what a double cannot hold
 * are undefined, as is what is no number.
 *
 * @example
 * ```ts
 * import { parseJson, wholeNumberOf } from "hawser/spec";
 *
 * wholeNumberOf(parseJson("1400.0")); // → 1400
 * wholeNumberOf(parseJson("1e+06")); // → 1000000
 * wholeNumberOf(parseJson("1400.5")); // → undefined
 * wholeNumberOf(parseJson("9007199254740993")); // → undefined
 * ```
 */
export function wholeNumberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value + 0 : undefined;
  const digits = wholeDigitsOf(value);
  const number = digits === undefined ? Number.NaN : Number(digits);
  return Number.isSafeInteger(number) ? number + 0 : undefined;
}

/**
 * The same of any size, as digits with a sign.
 *
 * @example
 * ```ts
 * import { parseJson, wholeDigitsOf } from "hawser/spec";
 *
 * wholeDigitsOf(parseJson("12345678901234567890.0")); // → "12345678901234567890"
 * wholeDigitsOf(parseJson("1e400")); // → undefined
 * ```
 */
export function wholeDigitsOf(value: JsonValue | undefined): string | undefined {
  if (!isNumber(value)) return undefined;
  const [, sign = "", whole, fraction = "", power = "0"] = NUMBER.exec(value.toString()) ?? [];
  if (whole === undefined) return undefined;
  const digits = (whole + fraction).replace(/^0+/u, "");
  if (digits === "") return "0";
  const places = Number(power) - fraction.length;
  if (places === 0) return sign + digits;
  if (places > 0) {
    return digits.length + places > MOST_DIGITS ? undefined : sign + digits + "0".repeat(places);
  }
  const kept = digits.length + places;
  return kept > 0 && /^0+$/u.test(digits.slice(kept)) ? sign + digits.slice(0, kept) : undefined;
}

/**
 * A key as Go's decoder compares it: without regard to case, also of the two letters beyond ASCII
 * (long s, Kelvin sign) that fold to ASCII ones.
 *
 * @example
 * ```ts
 * import { foldKey } from "hawser/spec";
 *
 * foldKey("cniVersion") === foldKey("CNIVERSION"); // → true
 * ```
 */
export function foldKey(key: string): string {
  const lower = key.toLowerCase();
  return lower.includes("\u017f") ? lower.replaceAll("\u017f", "s") : lower;
}

/**
 * The key under which `field` finds a value: the exact one, else one that differs in case only
 * (the last of several, as Go's decoder ends with it), else undefined.
 *
 * @example
 * ```ts
 * import { fieldKey } from "hawser/spec";
 *
 * fieldKey({ CniVersion: "1.0.0" }, "cniVersion"); // → "CniVersion"
 * fieldKey({}, "cniVersion"); // → undefined
 * ```
 */
export function fieldKey(object: JsonObject, key: string): string | undefined {
  if (Object.hasOwn(object, key)) return key;
  // Go's folding never changes a length, and most keys that are asked for are simply absent.
  let found: string | undefined;
  let folded: string | undefined;
  for (const candidate of Object.keys(object)) {
    if (candidate.length !== key.length) continue;
    folded ??= foldKey(key);
    if (foldKey(candidate) === folded) found = candidate;
  }
  return found;
}

/**
 * The value of a key: exact match first, else a match without regard to case, else undefined.
 *
 * @example
 * ```ts
 * import { field, isObject, parseJson } from "hawser/spec";
 *
 * const config = parseJson('{"Name": "other", "name": "dbnet", "TYPE": "bridge"}');
 * const object = isObject(config) ? config : {};
 * field(object, "name"); // → "dbnet"
 * field(object, "type"); // → "bridge"
 * field(object, "ipam"); // → undefined
 * ```
 */
export function field(object: JsonObject, key: string): JsonValue | undefined {
  const found = fieldKey(object, key);
  return found === undefined ? undefined : object[found];
}

/**
 * Sets an own property, whatever its name: a plain assignment to `__proto__` would not.
 *
 * @example
 * ```ts
 * import { type JsonObject, printJson, setField } from "hawser/spec";
 *
 * const object: JsonObject = {};
 * setField(object, "__proto__", 1);
 * printJson(object); // → '{"__proto__":1}'
 * ```
 */
export function setField(object: JsonObject, key: string, value: JsonValue): void {
  if (key !== "__proto__") {
    object[key] = value;
    return;
  }
  Object.defineProperty(object, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/**
 * The kind of a value, in the words messages use.
 *
 * @example
 * ```ts
 * import { kindOf } from "hawser/spec";
 *
 * kindOf([]); // → "array"
 * kindOf(undefined); // → "nothing"
 * ```
 */
export function kindOf(value: JsonValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return isNumber(value) ? "number" : typeof value;
}
