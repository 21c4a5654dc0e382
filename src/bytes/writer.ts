const INITIAL_CAPACITY = 256;
const encoder = new TextEncoder();

/**
 * Writes binary structures into memory that grows as needed.
 *
 * Plain integers are little-endian, which is the host order of every machine Hawser runs on
 * (x86-64, arm64); the methods that end in `be` write network order.
 * Numbers outside a field's range throw RangeError: a silent wrap would reach the kernel.
 */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity: number = INITIAL_CAPACITY) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    if ((value & 0xff) !== value) throw outside(value, "u8");
    const at = this.#claim(1);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    if ((value & 0xffff) !== value) throw outside(value, "u16");
    this.#put16(this.#claim(2), value);
    return this;
  }

  u32(value: number): this {
    if (value >>> 0 !== value) throw outside(value, "u32");
    this.#put32(this.#claim(4), value);
    return this;
  }

  u64(value: bigint): this {
    checkBigRange(value);
    return this.u32(Number(value & 0xffffffffn)).u32(Number(value >> 32n));
  }

  i32(value: number): this {
    if ((value | 0) !== value) throw outside(value, "i32");
    this.#put32(this.#claim(4), value);
    return this;
  }

  u16be(value: number): this {
    if ((value & 0xffff) !== value) throw outside(value, "u16be");
    this.#put16(this.#claim(2), ((value & 0xff) << 8) | (value >> 8));
    return this;
  }

  u32be(value: number): this {
    if (value >>> 0 !== value) throw outside(value, "u32be");
    const at = this.#claim(4);
    this.#put16(at, ((value >>> 8) & 0xff00) | (value >>> 24));
    this.#put16(at + 2, ((value & 0xff) << 8) | ((value >>> 8) & 0xff));
    return this;
  }

  u64be(value: bigint): this {
    checkBigRange(value);
    return this.u32be(Number(value >> 32n)).u32be(Number(value & 0xffffffffn));
  }

  bytes(value: Uint8Array): this {
    const at = this.#claim(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  zero(count: number): this {
    this.#claim(count);
    return this;
  }

  /** UTF-8 text and a closing NUL. Text with a NUL inside throws: the kernel would cut it. */
  cstring(text: string): this {
    if (text.includes("\0")) throw new RangeError("text holds a NUL byte");
    return this.bytes(encoder.encode(text)).zero(1);
  }

  /** Zeroes up to the next multiple of `unit`. */
  align(unit: number): this {
    const rest = this.#length % unit;
    return rest === 0 ? this : this.zero(unit - rest);
  }

  patchU16(at: number, value: number): this {
    if ((value & 0xffff) !== value) throw outside(value, "u16");
    this.#put16(this.#written(at, 2), value);
    return this;
  }

  patchU32(at: number, value: number): this {
    if (value >>> 0 !== value) throw outside(value, "u32");
    this.#put32(this.#written(at, 4), value);
    return this;
  }

  /** What was written, without a copy: the writer must not be used afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes room, and gives where it begins. May replace `#bytes`. */
  #claim(count: number): number {
    const at = this.#length;
    const end = at + count;
    if (end > this.#bytes.length) this.#grow(end);
    this.#length = end;
    return at;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  // By bytes, and not by a DataView: see integer.ts.
  #put16(at: number, value: number): void {
    this.#bytes[at] = value;
    this.#bytes[at + 1] = value >> 8;
  }

  #put32(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value;
    bytes[at + 1] = value >> 8;
    bytes[at + 2] = value >> 16;
    bytes[at + 3] = value >> 24;
  }

  #written(at: number, count: number): number {
    if (at < 0 || at + count > this.#length) {
      throw new RangeError(`cannot patch ${count} bytes at ${at} of ${this.#length}`);
    }
    return at;
  }
}

function outside(value: unknown, kind: string): RangeError {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  return new RangeError(`${shown} does not fit ${kind}`);
}

function checkBigRange(value: bigint): void {
  if (value < 0n || value > 0xffffffffffffffffn) throw new RangeError(`${value} does not fit u64`);
}
