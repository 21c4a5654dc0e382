import { decodeText } from "./text.ts";

/**
 * Reads binary structures from a block of memory, front to back.
 *
 * Names match `ByteWriter`: plain integers are little-endian, `be` is network order.
 * Reading past the end throws RangeError; all bounds are checked in one place.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u16be(): number {
    return this.#view.getUint16(this.#take(2), false);
  }

  u32be(): number {
    return this.#view.getUint32(this.#take(4), false);
  }

  u64be(): bigint {
    return this.#view.getBigUint64(this.#take(8), false);
  }

  /** The next `count` bytes as a copy, safe to keep when the source is reused. */
  bytes(count: number): Uint8Array<ArrayBuffer> {
    const at = this.#take(count);
    return new Uint8Array(this.#bytes.subarray(at, at + count));
  }

  /** The next `count` bytes as a view of the source, without a copy. */
  slice(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** UTF-8 text up to the next NUL (which is consumed) or the end. */
  cstring(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    const stop = end === -1 ? this.#bytes.length : end;
    const text = decodeText(this.#bytes.subarray(this.#at, stop));
    this.#at = end === -1 ? stop : stop + 1;
    return text;
  }

  skip(count: number): this {
    this.#take(count);
    return this;
  }

  /** Skips to the next multiple of `unit`; padding missing at the very end is forgiven. */
  align(unit: number): this {
    const rest = this.#at % unit;
    if (rest !== 0) this.#take(Math.min(unit - rest, this.remaining));
    return this;
  }

  #take(count: number): number {
    const at = this.#at;
    if (count < 0 || at + count > this.#bytes.length) {
      throw new RangeError(`cannot read ${count} bytes at ${at} of ${this.#bytes.length}`);
    }
    this.#at = at + count;
    return at;
  }
}
