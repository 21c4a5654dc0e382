import { decodeText, i32At, u16At, u32At } from "../../bytes/index.ts";
import { NLA_F_NESTED, NLA_F_NET_BYTEORDER, NLA_HDRLEN, NLA_TYPE_MASK } from "./constant.ts";

/** One attribute as it came. */
export interface Attribute {
  /** Type without the flag bits. */
  readonly type: number;
  readonly payload: Uint8Array;
  /** NLA_F_NESTED was set. */
  readonly nested: boolean;
  /** NLA_F_NET_BYTEORDER was set. */
  readonly netByteOrder: boolean;
}

/**
 * The attributes of a message or of a nest. All are kept in order, also unknown ones.
 *
 * Readers give undefined when the attribute is absent, and throw RangeError when its length is not
 * exactly right. When a type occurs more than once they read the last, as the kernel does.
 *
 * @example
 * ```ts
 * import { Attributes, AttributeWriter } from "hawser/netlink";
 *
 * const bytes = new AttributeWriter().u32(4, 1400).string(3, "eth0").finish();
 * const attributes = Attributes.parse(bytes);
 * attributes.u32(4); // → 1400
 * attributes.string(3); // → "eth0"
 * attributes.u32(5); // → undefined
 * attributes.u16(4); // throws RangeError: attribute 4 has 4 bytes, not 2
 * ```
 */
export class Attributes implements Iterable<Attribute> {
  readonly #bytes: Uint8Array;
  // Where the value of each type starts. A link has fifty attributes of which a handful is read: the
  // others cost one number.
  readonly #starts: readonly number[];
  readonly size: number;

  private constructor(bytes: Uint8Array, starts: readonly number[], size: number) {
    this.#bytes = bytes;
    this.#starts = starts;
    this.size = size;
  }

  /**
   * Reads what follows the header of a message, or the value of a nest, of which it keeps a view.
   * @throws RangeError when an attribute does not fit
   */
  static parse(bytes: Uint8Array): Attributes {
    const starts: number[] = [];
    const end = bytes.length;
    let size = 0;
    let at = 0;
    while (end - at >= NLA_HDRLEN) {
      const length = u16At(bytes, at); // nla_len
      const type = u16At(bytes, at + 2) & NLA_TYPE_MASK; // nla_type
      if (length < NLA_HDRLEN || length > end - at) {
        throw new RangeError(`attribute ${type} of ${length} bytes does not fit`);
      }
      starts[type] = at + NLA_HDRLEN;
      size++;
      at = Math.min((at + length + 3) & ~3, end); // the last one may lack its padding
    }
    if (at < end) throw new RangeError(`${end - at} bytes behind attributes`);
    return new Attributes(bytes, starts, size);
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): Generator<Attribute> {
    const end = this.#bytes.length;
    for (let start = NLA_HDRLEN; start <= end; ) {
      yield this.#attribute(start);
      start = ((start + this.#length(start) + 3) & ~3) + NLA_HDRLEN;
    }
  }

  /** The last attribute of a type, as it came. */
  get(type: number): Attribute | undefined {
    const start = this.#starts[type];
    return start === undefined ? undefined : this.#attribute(start);
  }

  /** All attributes of a type, in order. */
  all(type: number): Attribute[] {
    return Array.from(this).filter((each) => each.type === type);
  }

  /** Whether there is one of this type. */
  has(type: number): boolean {
    return this.#starts[type] !== undefined;
  }

  /** Those whose type is not in `known`: what a decoder keeps for others. */
  except(known: ReadonlySet<number>): Attribute[] {
    return Array.from(this).filter((each) => !known.has(each.type));
  }

  /** A number of 8 bits. */
  u8(type: number): number | undefined {
    const at = this.#fixed(type, 1);
    return at === undefined ? undefined : this.#bytes[at];
  }

  /** A number of 16 bits, in the order of the host. */
  u16(type: number): number | undefined {
    const at = this.#fixed(type, 2);
    return at === undefined ? undefined : u16At(this.#bytes, at);
  }

  /** A number of 32 bits, in the order of the host. */
  u32(type: number): number | undefined {
    const at = this.#fixed(type, 4);
    return at === undefined ? undefined : u32At(this.#bytes, at);
  }

  /** A number of 64 bits, in the order of the host. */
  u64(type: number): bigint | undefined {
    const at = this.#fixed(type, 8);
    return at === undefined ? undefined : this.#view(at).getBigUint64(0, true);
  }

  /** A signed number of 32 bits, in the order of the host. */
  i32(type: number): number | undefined {
    const at = this.#fixed(type, 4);
    return at === undefined ? undefined : i32At(this.#bytes, at);
  }

  /** A number of 16 bits, in the order of the network. */
  be16(type: number): number | undefined {
    const at = this.#fixed(type, 2);
    return at === undefined ? undefined : this.#view(at).getUint16(0, false);
  }

  /** A number of 32 bits, in the order of the network. */
  be32(type: number): number | undefined {
    const at = this.#fixed(type, 4);
    return at === undefined ? undefined : this.#view(at).getUint32(0, false);
  }

  /** A number of 64 bits, in the order of the network. */
  be64(type: number): bigint | undefined {
    const at = this.#fixed(type, 8);
    return at === undefined ? undefined : this.#view(at).getBigUint64(0, false);
  }

  /** Text up to the first NUL. */
  string(type: number): string | undefined {
    const payload = this.bytes(type);
    return payload === undefined ? undefined : attributeText(payload);
  }

  /** The value as a view of the message's memory. */
  bytes(type: number): Uint8Array | undefined {
    const start = this.#starts[type];
    return start === undefined ? undefined : this.#payload(start);
  }

  /** The attributes inside of an attribute. */
  nested(type: number): Attributes | undefined {
    const payload = this.bytes(type);
    return payload === undefined ? undefined : Attributes.parse(payload);
  }

  /** Where the value starts, which must have this length; undefined when the attribute is absent. */
  #fixed(type: number, length: number): number | undefined {
    const start = this.#starts[type];
    if (start !== undefined && this.#length(start) !== length) {
      throw new RangeError(`attribute ${type} has ${this.#length(start)} bytes, not ${length}`);
    }
    return start;
  }

  /** Of the value that starts there. */
  #length(start: number): number {
    return u16At(this.#bytes, start - NLA_HDRLEN) - NLA_HDRLEN;
  }

  #attribute(start: number): Attribute {
    return attributeAt(this.#bytes, start);
  }

  #payload(start: number): Uint8Array {
    return this.#bytes.subarray(start, start + this.#length(start));
  }

  #view(at: number): DataView {
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at);
  }
}

/**
 * The values of a list of attributes whose numbers do not matter, as views of the message's memory.
 * @throws RangeError when one does not fit
 */
export function attributeValues(bytes: Uint8Array): Uint8Array[] {
  const values: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = u16At(bytes, at);
    if (length < NLA_HDRLEN || at + length > bytes.length) {
      throw new RangeError(`attribute of ${length} bytes at ${at} of ${bytes.length}`);
    }
    values.push(bytes.subarray(at + NLA_HDRLEN, at + length));
    at += (length + 3) & ~3;
  }
  return values;
}

/** The attribute whose value starts there. */
export function attributeAt(bytes: Uint8Array, start: number): Attribute {
  const length = u16At(bytes, start - NLA_HDRLEN) - NLA_HDRLEN;
  const type = u16At(bytes, start - 2);
  return {
    type: type & NLA_TYPE_MASK,
    payload: bytes.subarray(start, start + length),
    nested: (type & NLA_F_NESTED) !== 0,
    netByteOrder: (type & NLA_F_NET_BYTEORDER) !== 0,
  };
}

/** Text of an attribute's value, up to the first NUL. */
export function attributeText(payload: Uint8Array): string {
  const end = payload.indexOf(0);
  return decodeText(end === -1 ? payload : payload.subarray(0, end));
}

/**
 * The value of the first attribute of a type, without a look at those behind it; for messages of
 * which most are passed over.
 */
export function attributeBytes(
  bytes: Uint8Array,
  from: number,
  type: number,
): Uint8Array | undefined {
  for (let at = from; at + NLA_HDRLEN <= bytes.length; ) {
    const length = Math.max(u16At(bytes, at), NLA_HDRLEN);
    if ((u16At(bytes, at + 2) & NLA_TYPE_MASK) === type) {
      return bytes.subarray(at + NLA_HDRLEN, at + length);
    }
    at += (length + 3) & ~3;
  }
  return undefined;
}
