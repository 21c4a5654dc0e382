import { ByteWriter } from "../../bytes/index.ts";
import { NLA_F_NESTED, NLA_HDRLEN, NLA_TYPE_MASK } from "./constant.ts";

/** Length and type have 16 bits each. */
const MOST = 0xffff;

const encoder = new TextEncoder();

/**
 * Writes netlink attributes (struct nlattr: length, type, value, padding to 4).
 * The name of each method is the type of the value. Every method returns the writer itself, and throws RangeError
 * for a value that does not fit: no attribute is longer than 65,535 bytes, its head of four and all inside of it included.
 *
 * @example
 * ```ts
 * import { AttributeWriter } from "hawser/netlink";
 *
 * const bytes = new AttributeWriter()
 *   .u32(4, 1400) // IFLA_MTU
 *   .nested(18, (info) => info.string(1, "dummy")) // IFLA_LINKINFO, IFLA_INFO_KIND
 *   .finish();
 * bytes.length; // → 24
 * ```
 */
export class AttributeWriter {
  readonly #writer: ByteWriter;

  /** Starts empty, or behind what `writer` holds already (a family's header). */
  constructor(writer: ByteWriter = new ByteWriter()) {
    this.#writer = writer;
  }

  /** A number of 8 bits. */
  u8(type: number, value: number): this {
    this.#head(type, 1).u8(value).zero(3);
    return this;
  }

  /** A number of 16 bits, in the order of the host. */
  u16(type: number, value: number): this {
    this.#head(type, 2).u16(value).zero(2);
    return this;
  }

  /** A number of 32 bits, in the order of the host. */
  u32(type: number, value: number): this {
    this.#head(type, 4).u32(value);
    return this;
  }

  /** A number of 64 bits, in the order of the host. */
  u64(type: number, value: bigint): this {
    this.#head(type, 8).u64(value);
    return this;
  }

  /** A signed number of 32 bits, in the order of the host. */
  i32(type: number, value: number): this {
    this.#head(type, 4).i32(value);
    return this;
  }

  /** A number of 16 bits, in the order of the network. */
  be16(type: number, value: number): this {
    this.#head(type, 2).u16be(value).zero(2);
    return this;
  }

  /** A number of 32 bits, in the order of the network. */
  be32(type: number, value: number): this {
    this.#head(type, 4).u32be(value);
    return this;
  }

  /** A number of 64 bits, in the order of the network. */
  be64(type: number, value: bigint): this {
    this.#head(type, 8).u64be(value);
    return this;
  }

  /** Text that ends with NUL (NLA_NUL_STRING). */
  string(type: number, text: string): this {
    const start = this.#writer.length;
    this.#head(type, 0).cstring(text);
    return this.#close(type, start);
  }

  /** Text without a NUL (NLA_STRING), where the length tells its end. */
  text(type: number, text: string): this {
    if (text.includes("\0")) throw new RangeError("text holds a NUL byte");
    return this.bytes(type, encoder.encode(text));
  }

  /** The value as it is. */
  bytes(type: number, value: Uint8Array): this {
    this.#head(type, value.length).bytes(value).align(4);
    return this;
  }

  /** An attribute without a value: its presence is the message. */
  flag(type: number): this {
    this.#head(type, 0);
    return this;
  }

  /** Attributes inside an attribute, marked NLA_F_NESTED. */
  nested(type: number, write: (inner: AttributeWriter) => void): this {
    return this.#within(type | NLA_F_NESTED, write);
  }

  /** The same without the mark, for families older than it (RTA_MULTIPATH, RTA_METRICS of `ip`). */
  unmarkedNested(type: number, write: (inner: AttributeWriter) => void): this {
    return this.#within(type, write);
  }

  /** A value that the caller writes field by field. */
  struct(type: number, write: (writer: ByteWriter) => void): this {
    const start = this.#writer.length;
    write(this.#head(type, 0));
    return this.#close(type, start);
  }

  /** All that was written, with what stood before it. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#writer.finish();
  }

  #within(type: number, write: (inner: AttributeWriter) => void): this {
    const start = this.#writer.length;
    this.#head(type, 0);
    write(this);
    return this.#close(type, start);
  }

  #head(type: number, length: number): ByteWriter {
    if ((type & MOST) !== type) throw new RangeError(`${type} is no attribute's number`);
    // What does not fit the length would be added to the type.
    return this.#writer.u32(((type << 16) | fitting(type, NLA_HDRLEN + length)) >>> 0);
  }

  #close(type: number, start: number): this {
    this.#writer.patchU16(start, fitting(type, this.#writer.length - start)).align(4);
    return this;
  }
}

function fitting(type: number, length: number): number {
  if (length <= MOST) return length;
  const number = type & NLA_TYPE_MASK;
  throw new RangeError(`attribute ${number} would have ${length} bytes, and ${MOST} is the most`);
}
