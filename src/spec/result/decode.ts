import { Ip, Prefix } from "../../addr/index.ts";
import { CniError, ErrorCode } from "../errors.ts";
import {
  field,
  foldKey,
  isNumber,
  isObject,
  type JsonObject,
  type JsonValue,
  kindOf,
  setField,
  wholeNumberOf,
} from "../json/index.ts";

/** One object of a result while it is read: where it stands, for messages, and its values. */
export class Reader {
  readonly #object: JsonObject;
  readonly #where: string;
  readonly #known: readonly string[];
  /** No key but known ones, as they are spelt: then nothing need be looked for in another case. */
  readonly #isExact: boolean;

  constructor(value: JsonValue, where: string, known: readonly string[]) {
    if (!isObject(value)) throw bad(where, `must be an object, not ${kindOf(value)}`);
    this.#object = value;
    this.#where = where;
    this.#known = known;
    this.#isExact = hasOnly(value, known);
  }

  /** The value of a key; null counts as absent, as it does for Go's decoder. */
  value(key: string): JsonValue | undefined {
    const value = this.#isExact ? this.#object[key] : field(this.#object, key);
    return value ?? undefined;
  }

  /** The place of a key, for messages. */
  at(key: string): string {
    return this.#where === "" ? key : `${this.#where}.${key}`;
  }

  string(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "string") return value;
    throw bad(this.at(key), `must be a string, not ${kindOf(value)}`);
  }

  integer(key: string): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (!isNumber(value)) throw bad(this.at(key), `must be a number, not ${kindOf(value)}`);
    const number = wholeNumberOf(value);
    if (number !== undefined) return number;
    throw bad(this.at(key), `must be a whole number, not ${value.toString()}`);
  }

  /** An address with prefix length in canonical form; it must be there. */
  prefix(key: string): string {
    const text = this.string(key);
    if (text === undefined) throw bad(this.at(key), "missing");
    const prefix = Prefix.canonical(text);
    if (prefix === undefined) throw bad(this.at(key), `invalid CIDR address: ${text}`);
    return prefix;
  }

  /** An address in canonical form; the empty text counts as absent. */
  address(key: string): string | undefined {
    const text = this.string(key) ?? "";
    if (text === "") return undefined;
    const ip = Ip.canonical(text);
    if (ip === undefined) throw bad(this.at(key), `invalid IP address: ${text}`);
    return ip;
  }

  strings(key: string): string[] | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    return list(value, this.at(key)).map((item, index) => {
      if (typeof item === "string") return item;
      throw bad(`${this.at(key)}[${index}]`, `must be a string, not ${kindOf(item)}`);
    });
  }

  /** The objects of a list; absent means empty. A null is what `onNull` makes of it. */
  objects(key: string, known: readonly string[], onNull: "drop" | "empty"): Reader[] {
    const value = this.value(key);
    const readers: Reader[] = [];
    if (value === undefined) return readers;
    const items = list(value, this.at(key));
    for (let index = 0; index < items.length; index++) {
      const item = items[index] ?? null;
      if (item === null && onNull === "drop") continue;
      readers.push(new Reader(item ?? {}, `${this.at(key)}[${index}]`, known));
    }
    return readers;
  }

  /** The object under a key, if there. */
  object(key: string, known: readonly string[]): Reader | undefined {
    const value = this.value(key);
    return value === undefined ? undefined : new Reader(value, this.at(key), known);
  }

  /** Gives the object that was read the texts of these keys; empty ones count as absent. */
  texts<K extends string>(target: { [Key in K]?: string }, ...keys: readonly K[]): void {
    for (const key of keys) {
      const text = this.string(key);
      if (text) target[key] = text;
    }
  }

  /** The same with lists of texts; empty ones are kept. */
  lists<K extends string>(target: { [Key in K]?: string[] }, ...keys: readonly K[]): void {
    for (const key of keys) {
      const texts = this.strings(key);
      if (texts !== undefined) target[key] = texts;
    }
  }

  /** The same with whole numbers; 0 is kept. */
  numbers<K extends string>(target: { [Key in K]?: number }, ...keys: readonly K[]): void {
    for (const key of keys) {
      const number = this.integer(key);
      if (number !== undefined) target[key] = number;
    }
  }

  /** The same with whole numbers of which 0 counts as absent. */
  quantities<K extends string>(target: { [Key in K]?: number }, ...keys: readonly K[]): void {
    for (const key of keys) {
      const number = this.integer(key);
      if (number) target[key] = number;
    }
  }

  /** Keeps all keys but the known ones. */
  rest<T extends { extra?: JsonObject }>(target: T): T {
    if (!this.#isExact) {
      const extra = without(this.#object, this.#known);
      if (Object.keys(extra).length > 0) target.extra = extra;
    }
    return target;
  }
}

function hasOnly(object: JsonObject, known: readonly string[]): boolean {
  for (const key of Object.keys(object)) {
    if (!known.includes(key)) return false;
  }
  return true;
}

/** The object without the named keys, whatever their case: Go would read those as known. */
export function without(object: JsonObject, known: readonly string[]): JsonObject {
  const rest: JsonObject = {};
  const others = Object.entries(object).filter(([key]) => !known.includes(key));
  if (others.length === 0) {
    return rest; // folding is left to callers that need it
  }
  const folded = new Set(known.map(foldKey));
  for (const [key, value] of others) {
    if (!folded.has(foldKey(key))) setField(rest, key, value);
  }
  return rest;
}

function list(value: JsonValue, where: string): JsonValue[] {
  if (Array.isArray(value)) return value;
  throw bad(where, `must be a list, not ${kindOf(value)}`);
}

function bad(where: string, what: string): CniError {
  const place = where === "" ? "result" : where;
  return new CniError(ErrorCode.DECODING_FAILURE, `${place}: ${what}`);
}
