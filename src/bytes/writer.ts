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
  #view: DataView;
  #length = 0;

  constructor(capacity: number = INITIAL_CAPACITY) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    checkRange(value, 0, 0xff, "u8");
    const at = this.#claim(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    checkRange(value, 0, 0xffff, "u16");
    const at = this.#claim(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    checkRange(value, 0, 0xffffffff, "u32");
    const at = this.#claim(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: bigint): this {
    checkBigRange(value);
    const at = this.#claim(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  i32(value: number): this {
    checkRange(value, -0x80000000, 0x7fffffff, "i32");
    const at = this.#claim(4);
    this.#view.setInt32(at, value, true);
    return this;
  }

  u16be(value: number): this {
    checkRange(value, 0, 0xffff, "u16be");
    const at = this.#claim(2);
    this.#view.setUint16(at, value, false);
    return this;
  }

  u32be(value: number): this {
    checkRange(value, 0, 0xffffffff, "u32be");
    const at = this.#claim(4);
    this.#view.setUint32(at, value, false);
    return this;
  }

  u64be(value: bigint): this {
    checkBigRange(value);
    const at = this.#claim(8);
    this.#view.setBigUint64(at, value, false);
    return this;
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
    if (text.includes("\0")) {
      throw new RangeError("text holds a NUL byte");
    }
    return this.bytes(encoder.encode(text)).zero(1);
  }

  /** Zeroes up to the next multiple of `unit`. */
  align(unit: number): this {
    const rest = this.#length % unit;
    return rest === 0 ? this : this.zero(unit - rest);
  }

  patchU16(at: number, value: number): this {
    checkRange(value, 0, 0xffff, "u16");
    this.#view.setUint16(this.#written(at, 2), value, true);
    return this;
  }

  patchU32(at: number, value: number): this {
    checkRange(value, 0, 0xffffffff, "u32");
    this.#view.setUint32(this.#written(at, 4), value, true);
    return this;
  }

  /** What was written, without a copy: the writer must not be used afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes room. May replace `#view`, so a writing method reads that field afterwards. */
  #claim(count: number): number {
    const at = this.#length;
    const end = at + count;
    if (end > this.#bytes.length) {
      this.#grow(end);
    }
    this.#length = end;
    return at;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  #written(at: number, count: number): number {
    if (at < 0 || at + count > this.#length) {
      throw new RangeError(`cannot patch ${count} bytes at ${at} of ${this.#length}`);
    }
    return at;
  }
}

function checkRange(value: number, low: number, high: number, kind: string): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`${value} does not fit ${kind}`);
  }
}

function checkBigRange(value: bigint): void {
  if (value < 0n || value > 0xffffffffffffffffn) {
    throw new RangeError(`${value} does not fit u64`);
  }
}
