import { u16At, u32At, wordsOf } from "../../bytes/index.ts";
import type { Field } from "./attribute-field.ts";
import type { AttributeWriter } from "./attribute-writer.ts";
import { type Attribute, attributeAt } from "./attributes.ts";
import { NLA_HDRLEN, NLA_TYPE_MASK } from "./constant.ts";

/** One line for each property of T: the attribute that holds it. */
export type Fields<T> = { readonly [K in keyof T]-?: Field<NonNullable<T[K]>> };

/** Values to write. What is undefined is left out. */
type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

interface Line {
  readonly name: string;
  readonly field: Field<unknown>;
}

/** Of a message this long a view of its words pays. */
const MANY_BYTES = 256;
const NONE: readonly Attribute[] = [];

/** The attributes of one family, as data: how they are written, read, and which are known. */
export class AttributeTable<T extends object> {
  readonly #lines: readonly Line[];
  // By number of the attribute: null where it is known and nothing is read of it.
  readonly #byType: (Line | null)[] = [];

  constructor(fields: Fields<T>, ignored: readonly number[]) {
    const entries = Object.entries<Field<unknown>>(fields);
    this.#lines = entries.map(([name, field]) => ({ name, field }));
    for (const type of ignored) this.#byType[type] = null;
    for (const line of this.#lines) this.#byType[line.field.type] = line;
  }

  /** Writes those that are there, in the order of the table. */
  encode(writer: AttributeWriter, values: Given<T>): void {
    for (const { name, field } of this.#lines) {
      const value = values[name as keyof T];
      if (value !== undefined) field.write(writer, field.type, value);
    }
  }

  /**
   * Reads into `target`, and gives it. What is absent stays as it is there; of a type that occurs more
   * than once the last counts, as in the kernel.
   */
  decode<O extends object>(bytes: Uint8Array, target: O, from: number = 0): O & Partial<T> {
    this.decodeWhole(bytes, target, from);
    return target;
  }

  /** As `decode`, and says whether all of it was understood. */
  decodeWhole(bytes: Uint8Array, target: object, from: number = 0): boolean {
    const values = target as Record<string, unknown>;
    const byType = this.#byType;
    const end = bytes.length;
    // Attributes begin at words. Of dozens in a message each is looked at by one load, and without a call.
    const words = end - from < MANY_BYTES ? undefined : wordsOf(bytes);
    let isWhole = true;
    for (let at = from; at < end; ) {
      const head = words === undefined ? u32At(bytes, at) : (words[at >> 2] as number);
      let length = head & 0xffff;
      if (!(length >= NLA_HDRLEN && at + length <= end)) length = lengthAt(bytes, at);
      const line = byType[(head >>> 16) & NLA_TYPE_MASK];
      if (line === undefined) isWhole = false;
      else if (line !== null) {
        const value = line.field.read(bytes, at + NLA_HDRLEN, length - NLA_HDRLEN, target);
        if (value === undefined) isWhole = false;
        else if (value !== null) values[line.name] = value;
      }
      at += (length + 3) & ~3; // the last one may lack its padding
    }
    return isWhole;
  }

  /** Those that the table does not know, as they came. */
  extra(bytes: Uint8Array, from: number = 0): readonly Attribute[] {
    let found: Attribute[] | undefined;
    for (let at = from; at < bytes.length; at += (lengthAt(bytes, at) + 3) & ~3) {
      if (this.#byType[u16At(bytes, at + 2) & NLA_TYPE_MASK] !== undefined) continue;
      found ??= [];
      found.push(attributeAt(bytes, at + NLA_HDRLEN));
    }
    return found ?? NONE;
  }
}

/** What a table whose lines are F reads and writes. */
type ValuesOf<F> = { readonly [K in keyof F]: F[K] extends Field<infer V> ? V : never };

/**
 * The attributes of one family, by names; `ignored` are numbers that are known and of which nothing is
 * read. The order is that in which they are written. The lines tell the type of the values; where the
 * type is one that others read about, it is given, and the lines must fit it.
 */
export function attributes<F extends Readonly<Record<string, Field<unknown>>>>(
  fields: F,
  ignored?: readonly number[],
): AttributeTable<ValuesOf<F>>;
export function attributes<T extends object>(
  fields: Fields<T>,
  ignored?: readonly number[],
): AttributeTable<T>;
export function attributes<T extends object>(
  fields: Fields<T>,
  ignored: readonly number[] = [],
): AttributeTable<T> {
  return new AttributeTable(fields, ignored);
}

/** Length of the attribute that begins there, its head included. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const rest = bytes.length - at;
  if (rest < NLA_HDRLEN) throw new RangeError(`${rest} bytes behind attributes`);
  const length = u16At(bytes, at);
  if (length >= NLA_HDRLEN && length <= rest) return length;
  const type = u16At(bytes, at + 2) & NLA_TYPE_MASK;
  throw new RangeError(`attribute ${type} of ${length} bytes does not fit`);
}
