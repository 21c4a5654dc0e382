import { entryOf } from "../../base/index.ts";
import { i32At, type Layout, u16At, u32At } from "../../bytes/index.ts";
import type { Field } from "./attribute-field.ts";
import type { AttributeTable } from "./attribute-table.ts";
import { attributeText } from "./attributes.ts";

export function u8(type: number): Field<number> {
  return {
    type,
    write: (writer, number, value) => writer.u8(number, value),
    read: (bytes, start, length) => bytes[exactly(type, 1, length, start)],
  };
}

export function u16(type: number): Field<number> {
  return {
    type,
    write: (writer, number, value) => writer.u16(number, value),
    read: (bytes, start, length) => u16At(bytes, exactly(type, 2, length, start)),
  };
}

export function u32(type: number): Field<number> {
  return {
    type,
    write: (writer, number, value) => writer.u32(number, value),
    read: (bytes, start, length) => u32At(bytes, exactly(type, 4, length, start)),
  };
}

export function u64(type: number): Field<bigint> {
  return {
    type,
    write: (writer, number, value) => writer.u64(number, value),
    read: (bytes, start, length) =>
      viewOf(bytes, exactly(type, 8, length, start)).getBigUint64(0, true),
  };
}

export function i32(type: number): Field<number> {
  return {
    type,
    write: (writer, number, value) => writer.i32(number, value),
    read: (bytes, start, length) => i32At(bytes, exactly(type, 4, length, start)),
  };
}

/** Numbers in network order have `be` in their names, as in `AttributeWriter`. */
export function be16(type: number): Field<number> {
  return {
    type,
    write: (writer, number, value) => writer.be16(number, value),
    read: (bytes, start, length) => swapped(u16At(bytes, exactly(type, 2, length, start))),
  };
}

export function be32(type: number): Field<number> {
  return {
    type,
    write: (writer, number, value) => writer.be32(number, value),
    read: (bytes, start, length) => {
      const at = exactly(type, 4, length, start);
      return swapped(u16At(bytes, at)) * 0x10000 + swapped(u16At(bytes, at + 2));
    },
  };
}

export function be64(type: number): Field<bigint> {
  return {
    type,
    write: (writer, number, value) => writer.be64(number, value),
    read: (bytes, start, length) =>
      viewOf(bytes, exactly(type, 8, length, start)).getBigUint64(0, false),
  };
}

/** Text that ends with NUL. */
export function cString(type: number): Field<string> {
  return {
    type,
    write: (writer, number, value) => writer.string(number, value),
    read: (bytes, start, length) => attributeText(bytes.subarray(start, start + length)),
  };
}

/** Text that is sent without a NUL, since its length tells its end. */
export function text(type: number): Field<string> {
  return { ...cString(type), write: (writer, number, value) => writer.text(number, value) };
}

/** The value as it is; what was read is a view of the message's memory. */
export function bytes(type: number): Field<Uint8Array> {
  return {
    type,
    write: (writer, number, value) => writer.bytes(number, value),
    read: (memory, start, length) => memory.subarray(start, start + length),
  };
}

/** A C structure. */
export function struct<T extends object>(type: number, layout: Layout<T>): Field<T> {
  return {
    type,
    write: (writer, number, value) =>
      writer.struct(number, (inner) => void layout.encode(inner, value)),
    read: (memory, start, length) => layout.decode(memory.subarray(start, start + length)),
  };
}

/** Attributes inside an attribute, marked NLA_F_NESTED. */
export function nest<T extends object>(type: number, table: AttributeTable<T>): Field<Partial<T>> {
  return {
    type,
    write: (writer, number, value) => writer.nested(number, (inner) => table.encode(inner, value)),
    read: (memory, start, length) => table.decode(memory.subarray(start, start + length), {}),
  };
}

/** The same value in another form. */
export function mapped<A, B>(
  field: Field<A>,
  encode: (value: B) => A,
  decode: (value: A) => B | undefined | null,
): Field<B> {
  return {
    type: field.type,
    write: (writer, number, value) => field.write(writer, number, encode(value)),
    read: (memory, start, length, target) => {
      const value = field.read(memory, start, length, target);
      return value === undefined || value === null ? (value as undefined | null) : decode(value);
    },
  };
}

/** A number that means yes or no. */
export function truth(field: Field<number>): Field<boolean> {
  return mapped(field, Number, (value) => value !== 0);
}

/** A number that has a name. */
export function named<K extends string>(
  field: Field<number>,
  numbers: Readonly<Record<K, number>>,
): Field<K> {
  const names = new Map<number, K>(
    (Object.keys(numbers) as K[]).map((name) => [numbers[name], name]),
  );
  return mapped(
    field,
    (name) => entryOf(numbers, name),
    (value) => names.get(value),
  );
}

/** A number whose names count from zero. */
export function listed<K extends string>(field: Field<number>, names: readonly K[]): Field<K> {
  const numbers = Object.fromEntries(names.map((name, number) => [name, number]));
  return named(field, numbers as Record<K, number>);
}

function exactly(type: number, wanted: number, length: number, start: number): number {
  if (length === wanted) return start;
  throw new RangeError(`attribute ${type} has ${length} bytes, not ${wanted}`);
}

function swapped(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}

function viewOf(memory: Uint8Array, at: number): DataView {
  return new DataView(memory.buffer, memory.byteOffset + at);
}
