import { CANONICAL_IPV4, parseAddress } from "./parse.ts";
import { shownAsText } from "./shown.ts";

/** The address family: 4 or 6. */
export type Family = 4 | 6;

const WIDTH = { 4: 32n, 6: 128n } as const;

/**
 * An IPv4 or IPv6 address as an immutable value. Text is read and printed as Go's `net.IP` does,
 * so an IPv4-mapped IPv6 address is an IPv4 address.
 *
 * @example
 * ```ts
 * import { Ip } from "hawser/addr";
 *
 * const ip = Ip.parse("fd00:0:0::1");
 * ip.toString(); // → "fd00::1"
 * ip.family; // → 6
 * ip.next().equals(Ip.parse("fd00::2")); // → true
 * Ip.tryParse("10.1.0.256"); // → undefined
 * Ip.parse("10.1"); // throws RangeError: invalid IP address: 10.1
 * ```
 */
export class Ip {
  static {
    shownAsText("Ip", Ip.prototype);
  }

  readonly family: Family;
  readonly #value: bigint;

  private constructor(family: Family, value: bigint) {
    this.family = family;
    this.#value = value;
  }

  /**
   * Reads an address.
   * @throws RangeError `invalid IP address: x`
   */
  static parse(text: string): Ip {
    const ip = Ip.tryParse(text);
    if (ip === undefined) throw new RangeError(`invalid IP address: ${text}`);
    return ip;
  }

  /** Reads an address; undefined when the text is none. */
  static tryParse(text: string): Ip | undefined {
    const parsed = parseAddress(text);
    return parsed === undefined ? undefined : Ip.#folded(parsed.family, parsed.value);
  }

  /** The text of an address as `toString` prints it; undefined when the text is none. */
  static canonical(text: string): string | undefined {
    return CANONICAL_IPV4.test(text) ? text : Ip.tryParse(text)?.toString();
  }

  /**
   * An address from 4 or 16 bytes in network order.
   * @throws RangeError for another length
   */
  static fromBytes(bytes: Uint8Array): Ip {
    if (bytes.length !== 4 && bytes.length !== 16) {
      throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
    }
    let value = 0n;
    for (let at = 0; at < bytes.length; at += 4) value = (value << 32n) | BigInt(word(bytes, at));
    return Ip.#folded(bytes.length === 4 ? 4 : 6, value);
  }

  /**
   * An address from its number.
   * @throws RangeError when it does not fit the family
   */
  static fromBigInt(family: Family, value: bigint): Ip {
    if (value < 0n || value >> WIDTH[family] !== 0n) {
      throw new RangeError(`${value} is not the number of an IPv${family} address`);
    }
    return Ip.#folded(family, value);
  }

  static #folded(family: Family, value: bigint): Ip {
    if (family === 6 && value >> 32n === 0xffffn) return new Ip(4, value & 0xffffffffn);
    return new Ip(family, value);
  }

  /** 4 or 16 bytes in network order; each call gives a fresh copy. */
  get bytes(): Uint8Array {
    if (this.family === 4) {
      const value = Number(this.#value);
      return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
    }
    const bytes = new Uint8Array(16);
    let rest = this.#value;
    for (let at = bytes.length - 1; at >= 0; at--) {
      bytes[at] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    return bytes;
  }

  /** The address as a number of 32 or 128 bits. */
  toBigInt(): bigint {
    return this.#value;
  }

  /**
   * The following address.
   * @throws RangeError after the last one of the family
   */
  next(): Ip {
    return Ip.fromBigInt(this.family, this.#value + 1n);
  }

  /**
   * The preceding address.
   * @throws RangeError before the first one of the family
   */
  previous(): Ip {
    return Ip.fromBigInt(this.family, this.#value - 1n);
  }

  /** Whether both are the same address. */
  equals(other: Ip): boolean {
    return this.family === other.family && this.#value === other.#value;
  }

  /** Negative, zero or positive: IPv4 before IPv6, then by number. */
  compare(other: Ip): number {
    if (this.family !== other.family) return this.family - other.family;
    if (this.#value === other.#value) return 0;
    return this.#value < other.#value ? -1 : 1;
  }

  /** 127.0.0.0/8 or ::1. */
  get isLoopback(): boolean {
    return this.family === 4 ? this.#value >> 24n === 127n : this.#value === 1n;
  }

  /** 224.0.0.0/4 or ff00::/8. */
  get isMulticast(): boolean {
    return this.family === 4 ? this.#value >> 28n === 0xen : this.#value >> 120n === 0xffn;
  }

  /** Unicast of the link only: 169.254.0.0/16 or fe80::/10. */
  get isLinkLocal(): boolean {
    return this.family === 4 ? this.#value >> 16n === 0xa9fen : this.#value >> 118n === 0x3fan;
  }

  /** 0.0.0.0 or ::. */
  get isUnspecified(): boolean {
    return this.#value === 0n;
  }

  /** Go's `IsGlobalUnicast`: none of the special ones above, nor 255.255.255.255; private counts. */
  get isGlobalUnicast(): boolean {
    const special = this.isLoopback || this.isMulticast || this.isLinkLocal || this.isUnspecified;
    return !special && !(this.family === 4 && this.#value === 0xffffffffn);
  }

  /** Dotted decimal, or RFC 5952 lower-case hexadecimal with the longest run of zeros as `::`. */
  toString(): string {
    return this.family === 4 ? dotted(Number(this.#value)) : colons(this.#value);
  }

  /** The same text as `toString`. */
  toJSON(): string {
    return this.toString();
  }
}

/** Four bytes in network order as a number. */
function word(bytes: Uint8Array, at: number): number {
  const octet = (place: number): number => bytes[at + place] ?? 0;
  return ((octet(0) << 24) | (octet(1) << 16) | (octet(2) << 8) | octet(3)) >>> 0;
}

function dotted(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

function colons(value: bigint): string {
  const fields: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) fields.push(Number((value >> shift) & 0xffffn));
  let start = -1;
  let length = 1; // a single zero field is never shortened
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && fields[end] === 0) end++;
    if (end - at > length) {
      start = at;
      length = end - at;
    }
    at = Math.max(at, end - 1);
  }
  const hex = fields.map((field) => field.toString(16));
  if (start < 0) return hex.join(":");
  return `${hex.slice(0, start).join(":")}::${hex.slice(start + length).join(":")}`;
}
