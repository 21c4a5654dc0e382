import { isLosslessNumber } from "lossless-json";
import { parseJson } from "./parse.ts";
import { printJson } from "./print.ts";
import { isObject, type JsonObject, type JsonValue, setField } from "./value.ts";

/** JSON as it is handed over: its text, or a document that has the value as well. */
export type JsonSource = string | JsonDocument;

/**
 * A JSON document within a process. It has a value, and a text for where the process ends; each is
 * made from the other when it is first asked for, and once. A document that was read keeps its text
 * to the byte. The value is frozen at every depth, so that what one part of a program does to it
 * cannot reach another; only lists of more than 1,024 elements are not, since that takes the engine
 * ever longer, up to seconds.
 *
 * @example
 * ```ts
 * import { JsonDocument } from "hawser/spec";
 *
 * const received = JsonDocument.ofText('{ "mtu": 1500 }');
 * received.value; // → { mtu: 1500 }
 * received.text; // → '{ "mtu": 1500 }'
 *
 * JsonDocument.ofValue({ mtu: 1500 }).text; // → '{"mtu":1500}'
 * JsonDocument.ofText("{").value; // throws CniError 6: line 1:2:
 * ```
 */
export class JsonDocument {
  #text: string | undefined;
  #value: JsonValue | undefined;

  private constructor(text: string | undefined, value: JsonValue | undefined) {
    this.#text = text;
    this.#value = value;
  }

  /** The document of a text, which is not read before its value is asked for. */
  static ofText(text: string): JsonDocument {
    return new JsonDocument(text, undefined);
  }

  /** The document of a value as it is now: the value is copied, and stays its owner's. */
  static ofValue(value: JsonValue): JsonDocument {
    return new JsonDocument(undefined, frozen(copied(value)));
  }

  /** A document stays what it is, a text becomes one. */
  static from(source: JsonSource): JsonDocument {
    return typeof source === "string" ? JsonDocument.ofText(source) : source;
  }

  /** As it was received, or else the value on one line, numbers to the digit. */
  get text(): string {
    this.#text ??= printJson(this.#value ?? null);
    return this.#text;
  }

  /**
   * The value as `parseJson` reads it, frozen.
   * @throws CniError as `parseJson` does
   */
  get value(): JsonValue {
    if (this.#value === undefined) this.#value = frozen(parseJson(this.#text ?? ""));
    return this.#value;
  }

  /** The text. */
  toString(): string {
    return this.text;
  }
}

/** The longest list that is frozen; what stands in a longer one is. */
const FROZEN_LIST_MAX = 1024;

/** Freezes a value that nothing else has seen yet. */
function frozen(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (!isLosslessNumber(value)) {
    for (const part of Array.isArray(value) ? value : Object.values(value)) frozen(part);
  }
  if (!Array.isArray(value) || value.length <= FROZEN_LIST_MAX) Object.freeze(value);
  return value;
}

/** A copy of what prints: an absent value does not, an absent element prints as null. */
function copied(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((part) => copied(part ?? null));
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) {
    const part = value[key];
    if (part !== undefined) setField(copy, key, copied(part));
  }
  return copy;
}
