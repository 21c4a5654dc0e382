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
  numberOf,
  setField,
} from "../json/index.ts";

/** One object of a result while it is read: where it stands, for messages, and its values. */
export class Reader {
  readonly #object: JsonObject;
  readonly #where: string;

  constructor(value: JsonValue, where: string) {
    if (!isObject(value)) {
      throw bad(where, `must be an object, not ${kindOf(value)}`);
    }
    this.#object = value;
    this.#where = where;
  }

  /** The value of a key; null counts as absent, as it does for Go's decoder. */
  value(key: string): JsonValue | undefined {
    return field(this.#object, key) ?? undefined;
  }

  /** The place of a key, for messages. */
  at(key: string): string {
    return this.#where === "" ? key : `${this.#where}.${key}`;
  }

  string(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "string") {
      return value;
    }
    throw bad(this.at(key), `must be a string, not ${kindOf(value)}`);
  }

  integer(key: string): number | undefined {
    const value = this.value(key);
    if (value === undefined) {
      return undefined;
    }
    if (!isNumber(value)) {
      throw bad(this.at(key), `must be a number, not ${kindOf(value)}`);
    }
    const text = value.toString();
    const number = numberOf(value);
    if (number === undefined || !/^-?[0-9]+$/.test(text) || !Number.isSafeInteger(number)) {
      throw bad(this.at(key), `must be a whole number, not ${text}`);
    }
    return number + 0;
  }

  /** An address with prefix length in canonical form; it must be there. */
  prefix(key: string): string {
    const text = this.string(key);
    if (text === undefined) {
      throw bad(this.at(key), "missing");
    }
    const prefix = Prefix.tryParse(text);
    if (prefix === undefined) {
      throw bad(this.at(key), `invalid CIDR address: ${text}`);
    }
    return prefix.toString();
  }

  /** An address in canonical form; the empty text counts as absent. */
  address(key: string): string | undefined {
    const text = this.string(key) ?? "";
    if (text === "") {
      return undefined;
    }
    const ip = Ip.tryParse(text);
    if (ip === undefined) {
      throw bad(this.at(key), `invalid IP address: ${text}`);
    }
    return ip.toString();
  }

  strings(key: string): string[] | undefined {
    const value = this.value(key);
    if (value === undefined) {
      return undefined;
    }
    return list(value, this.at(key)).map((item, index) => {
      if (typeof item === "string") {
        return item;
      }
      throw bad(`${this.at(key)}[${index}]`, `must be a string, not ${kindOf(item)}`);
    });
  }

  /** The objects of a list; absent means empty. A null is what `onNull` makes of it. */
  objects(key: string, onNull: "drop" | "empty"): Reader[] {
    const value = this.value(key);
    const readers: Reader[] = [];
    for (const [index, item] of list(value ?? [], this.at(key)).entries()) {
      if (item === null && onNull === "drop") {
        continue;
      }
      readers.push(new Reader(item ?? {}, `${this.at(key)}[${index}]`));
    }
    return readers;
  }

  /** The object under a key, if there. */
  object(key: string): Reader | undefined {
    const value = this.value(key);
    return value === undefined ? undefined : new Reader(value, this.at(key));
  }

  /** All keys but the known ones, as `{extra}` to be spread; nothing when there are none. */
  extra(known: readonly string[]): { extra?: JsonObject } {
    const extra = without(this.#object, known);
    return Object.keys(extra).length === 0 ? {} : { extra };
  }
}

/** The object without the named keys, whatever their case: Go would read those as known. */
export function without(object: JsonObject, known: readonly string[]): JsonObject {
  const rest: JsonObject = {};
  const others = Object.entries(object).filter(([key]) => !known.includes(key));
  if (others.length === 0) {
    return rest; // folding is left to those who need it
  }
  const folded = new Set(known.map(foldKey));
  for (const [key, value] of others) {
    if (!folded.has(foldKey(key))) {
      setField(rest, key, value);
    }
  }
  return rest;
}

/** The entries that have a value, to be spread into an object with optional keys. */
export function present<T extends object>(entries: T): Present<T> {
  const kept = Object.entries(entries).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Present<T>;
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function list(value: JsonValue, where: string): JsonValue[] {
  if (Array.isArray(value)) {
    return value;
  }
  throw bad(where, `must be a list, not ${kindOf(value)}`);
}

function bad(where: string, what: string): CniError {
  const place = where === "" ? "result" : where;
  return new CniError(ErrorCode.DECODING_FAILURE, `${place}: ${what}`);
}
