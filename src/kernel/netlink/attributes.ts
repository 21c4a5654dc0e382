import { ByteReader, decodeText } from "../../bytes/index.ts";
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
 * The attributes of a message or of a nest. All are kept in order, also those nobody knows.
 *
 * Readers give undefined when the attribute is absent, and throw RangeError when its length is not
 * exactly right. When a type occurs more than once they read the last, as the kernel does.
 */
export class Attributes implements Iterable<Attribute> {
  readonly #list: readonly Attribute[];

  private constructor(list: readonly Attribute[]) {
    this.#list = list;
  }

  static parse(bytes: Uint8Array): Attributes {
    const list: Attribute[] = [];
    const reader = new ByteReader(bytes);
    while (reader.remaining >= NLA_HDRLEN) {
      const length = reader.u16(); // nla_len
      const type = reader.u16(); // nla_type
      if (length < NLA_HDRLEN || length - NLA_HDRLEN > reader.remaining) {
        throw new RangeError(`attribute ${type & NLA_TYPE_MASK} of ${length} bytes does not fit`);
      }
      list.push({
        type: type & NLA_TYPE_MASK,
        payload: reader.slice(length - NLA_HDRLEN),
        nested: (type & NLA_F_NESTED) !== 0,
        netByteOrder: (type & NLA_F_NET_BYTEORDER) !== 0,
      });
      reader.align(4);
    }
    if (reader.remaining > 0) {
      throw new RangeError(`${reader.remaining} bytes behind attributes`);
    }
    return new Attributes(list);
  }

  [Symbol.iterator](): Iterator<Attribute> {
    return this.#list[Symbol.iterator]();
  }

  get size(): number {
    return this.#list.length;
  }

  get(type: number): Attribute | undefined {
    return this.#list.findLast((attribute) => attribute.type === type);
  }

  all(type: number): Attribute[] {
    return this.#list.filter((attribute) => attribute.type === type);
  }

  has(type: number): boolean {
    return this.get(type) !== undefined;
  }

  /** Those whose type is not in `known`: what a decoder keeps for others. */
  except(known: ReadonlySet<number>): Attribute[] {
    return this.#list.filter((attribute) => !known.has(attribute.type));
  }

  u8(type: number): number | undefined {
    return this.#fixed(type, 1)?.getUint8(0);
  }

  u16(type: number): number | undefined {
    return this.#fixed(type, 2)?.getUint16(0, true);
  }

  u32(type: number): number | undefined {
    return this.#fixed(type, 4)?.getUint32(0, true);
  }

  u64(type: number): bigint | undefined {
    return this.#fixed(type, 8)?.getBigUint64(0, true);
  }

  i32(type: number): number | undefined {
    return this.#fixed(type, 4)?.getInt32(0, true);
  }

  be16(type: number): number | undefined {
    return this.#fixed(type, 2)?.getUint16(0, false);
  }

  be32(type: number): number | undefined {
    return this.#fixed(type, 4)?.getUint32(0, false);
  }

  be64(type: number): bigint | undefined {
    return this.#fixed(type, 8)?.getBigUint64(0, false);
  }

  /** Text up to the first NUL. */
  string(type: number): string | undefined {
    const payload = this.get(type)?.payload;
    return payload === undefined ? undefined : attributeText(payload);
  }

  /** The value as a view of the message's memory. */
  bytes(type: number): Uint8Array | undefined {
    return this.get(type)?.payload;
  }

  nested(type: number): Attributes | undefined {
    const payload = this.get(type)?.payload;
    return payload === undefined ? undefined : Attributes.parse(payload);
  }

  #fixed(type: number, length: number): DataView | undefined {
    const payload = this.get(type)?.payload;
    if (payload === undefined) {
      return undefined;
    }
    if (payload.length !== length) {
      throw new RangeError(`attribute ${type} has ${payload.length} bytes, not ${length}`);
    }
    return new DataView(payload.buffer, payload.byteOffset, length);
  }
}

/** Text of an attribute's value, up to the first NUL. */
export function attributeText(payload: Uint8Array): string {
  const end = payload.indexOf(0);
  return decodeText(end === -1 ? payload : payload.subarray(0, end));
}
