import { u16At, u32At } from "./integer.ts";
import type { ByteWriter } from "./writer.ts";

/** How a field lies in memory; see `ByteWriter` for the names. */
type FieldKind = "u8" | "u16" | "u32" | "i32" | "u64";

/** The fields of T in their order; what begins with `_` is so many bytes of padding. */
export type LayoutFields<T> = {
  readonly [K in keyof T]-?: NonNullable<T[K]> extends bigint ? "u64" : Exclude<FieldKind, "u64">;
} & { readonly [padding: `_${string}`]: number };

interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly offset: number;
}

const SIZES: Readonly<Record<FieldKind, number>> = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8 };

/** A C structure as data: how it is written and read. */
export class Layout<T extends object> {
  readonly size: number;
  readonly #fields: readonly Field[];
  readonly #parts: readonly (Field | number)[];

  constructor(fields: LayoutFields<T>) {
    let offset = 0;
    this.#parts = Object.entries(fields as Record<string, FieldKind | number>).map(
      ([name, kind]) => {
        const part = typeof kind === "number" ? kind : { name, kind, offset };
        offset += typeof kind === "number" ? kind : SIZES[kind];
        return part;
      },
    );
    this.#fields = this.#parts.filter((part) => typeof part !== "number");
    this.size = offset;
  }

  /** Appends the structure to `writer`, and gives that. What `values` does not have is 0. */
  encode(writer: ByteWriter, values: { readonly [K in keyof T]?: T[K] | undefined }): ByteWriter {
    const given = values as Readonly<Record<string, number | bigint | undefined>>;
    for (const part of this.#parts) {
      if (typeof part === "number") writer.zero(part);
      else write(writer, part.kind, given[part.name] ?? 0);
    }
    return writer;
  }

  /**
   * Reads the structure that begins at `at`.
   * @throws RangeError when it is cut off
   */
  decode(bytes: Uint8Array, at: number = 0): T {
    if (bytes.length < at + this.size) {
      throw new RangeError(`cannot read ${this.size} bytes at ${at} of ${bytes.length}`);
    }
    const values: Record<string, number | bigint> = {};
    for (const { name, kind, offset } of this.#fields) {
      values[name] = valueAt(bytes, at + offset, kind);
    }
    return values as T;
  }
}

/** The layout of a C structure whose fields are the properties of T. */
export function layout<T extends object>(fields: LayoutFields<T>): Layout<T> {
  return new Layout(fields);
}

function write(writer: ByteWriter, kind: FieldKind, value: number | bigint): void {
  if (kind === "u64") writer.u64(BigInt(value));
  else writer[kind](value as number);
}

function valueAt(bytes: Uint8Array, at: number, kind: FieldKind): number | bigint {
  if (kind === "u8") return bytes[at] as number;
  if (kind === "u16") return u16At(bytes, at);
  if (kind === "u32") return u32At(bytes, at);
  if (kind === "i32") return u32At(bytes, at) | 0;
  return (BigInt(u32At(bytes, at + 4)) << 32n) | BigInt(u32At(bytes, at));
}
