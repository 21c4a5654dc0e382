import { decodeText } from "../../bytes/index.ts";
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
  // A link has fifty attributes of which a handful is read: the others stay places in the message.
  readonly #view: DataView;
  readonly #places: readonly Place[];

  private constructor(view: DataView, places: readonly Place[]) {
    this.#view = view;
    this.#places = places;
  }

  static parse(bytes: Uint8Array): Attributes {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const places: Place[] = [];
    let at = 0;
    while (bytes.length - at >= NLA_HDRLEN) {
      const length = view.getUint16(at, true); // nla_len
      const type = view.getUint16(at + 2, true); // nla_type
      if (length < NLA_HDRLEN || length > bytes.length - at) {
        throw new RangeError(`attribute ${type & NLA_TYPE_MASK} of ${length} bytes does not fit`);
      }
      const start = at + NLA_HDRLEN;
      places.push({ type: type & NLA_TYPE_MASK, flags: type, start, length: length - NLA_HDRLEN });
      at = Math.min((at + length + 3) & ~3, bytes.length); // the last one may lack its padding
    }
    if (at < bytes.length) {
      throw new RangeError(`${bytes.length - at} bytes behind attributes`);
    }
    return new Attributes(view, places);
  }

  [Symbol.iterator](): Iterator<Attribute> {
    return this.#places.map((place) => this.#attribute(place))[Symbol.iterator]();
  }

  get size(): number {
    return this.#places.length;
  }

  get(type: number): Attribute | undefined {
    const place = this.#find(type);
    return place === undefined ? undefined : this.#attribute(place);
  }

  all(type: number): Attribute[] {
    return this.#places
      .filter((place) => place.type === type)
      .map((place) => this.#attribute(place));
  }

  has(type: number): boolean {
    return this.#find(type) !== undefined;
  }

  /** Those whose type is not in `known`: what a decoder keeps for others. */
  except(known: ReadonlySet<number>): Attribute[] {
    return this.#places
      .filter((place) => !known.has(place.type))
      .map((place) => this.#attribute(place));
  }

  u8(type: number): number | undefined {
    const at = this.#fixed(type, 1);
    return at === undefined ? undefined : this.#view.getUint8(at);
  }

  u16(type: number): number | undefined {
    const at = this.#fixed(type, 2);
    return at === undefined ? undefined : this.#view.getUint16(at, true);
  }

  u32(type: number): number | undefined {
    const at = this.#fixed(type, 4);
    return at === undefined ? undefined : this.#view.getUint32(at, true);
  }

  u64(type: number): bigint | undefined {
    const at = this.#fixed(type, 8);
    return at === undefined ? undefined : this.#view.getBigUint64(at, true);
  }

  i32(type: number): number | undefined {
    const at = this.#fixed(type, 4);
    return at === undefined ? undefined : this.#view.getInt32(at, true);
  }

  be16(type: number): number | undefined {
    const at = this.#fixed(type, 2);
    return at === undefined ? undefined : this.#view.getUint16(at, false);
  }

  be32(type: number): number | undefined {
    const at = this.#fixed(type, 4);
    return at === undefined ? undefined : this.#view.getUint32(at, false);
  }

  be64(type: number): bigint | undefined {
    const at = this.#fixed(type, 8);
    return at === undefined ? undefined : this.#view.getBigUint64(at, false);
  }

  /** Text up to the first NUL. */
  string(type: number): string | undefined {
    const payload = this.bytes(type);
    return payload === undefined ? undefined : attributeText(payload);
  }

  /** The value as a view of the message's memory. */
  bytes(type: number): Uint8Array | undefined {
    const place = this.#find(type);
    return place === undefined ? undefined : this.#payload(place);
  }

  nested(type: number): Attributes | undefined {
    const payload = this.bytes(type);
    return payload === undefined ? undefined : Attributes.parse(payload);
  }

  /** Where the value starts, which must have this length; undefined when the attribute is absent. */
  #fixed(type: number, length: number): number | undefined {
    const place = this.#find(type);
    if (place !== undefined && place.length !== length) {
      throw new RangeError(`attribute ${type} has ${place.length} bytes, not ${length}`);
    }
    return place?.start;
  }

  #find(type: number): Place | undefined {
    for (let index = this.#places.length - 1; index >= 0; index--) {
      if (this.#places[index]?.type === type) {
        return this.#places[index];
      }
    }
    return undefined;
  }

  #attribute(place: Place): Attribute {
    const { type, flags } = place;
    return {
      type,
      payload: this.#payload(place),
      nested: (flags & NLA_F_NESTED) !== 0,
      netByteOrder: (flags & NLA_F_NET_BYTEORDER) !== 0,
    };
  }

  #payload({ start, length }: Place): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, length);
  }
}

/** Where an attribute stands in the message. */
interface Place {
  /** Without the flag bits. */
  readonly type: number;
  readonly flags: number;
  /** Of the payload. */
  readonly start: number;
  readonly length: number;
}

/** Text of an attribute's value, up to the first NUL. */
export function attributeText(payload: Uint8Array): string {
  const end = payload.indexOf(0);
  return decodeText(end === -1 ? payload : payload.subarray(0, end));
}
