import { type Family, Ip } from "./ip.ts";
import { CANONICAL_CIDR4, parseAddress } from "./parse.ts";
import { shownAsText } from "./shown.ts";

const WIDTH = { 4: 32, 6: 128 } as const;

/** Numbers of bits as the arithmetic of addresses takes them. */
const BITS: readonly bigint[] = Array.from({ length: WIDTH[6] + 1 }, (_, bits) => BigInt(bits));

/**
 * An address with a prefix length, such as `10.1.2.3/16`, as an immutable value. The host bits
 * stay (as an interface's address needs them); `network()` masks them away.
 *
 * @example
 * ```ts
 * import { Ip, Prefix } from "hawser/addr";
 *
 * const address = Prefix.parse("10.1.2.3/16");
 * address.network().toString(); // → "10.1.0.0/16"
 * address.contains(Ip.parse("10.1.255.1")); // → true
 * address.broadcast?.toString(); // → "10.1.255.255"
 * Prefix.parse("10.1.0.0/33"); // throws RangeError: invalid CIDR address: 10.1.0.0/33
 * ```
 */
export class Prefix {
  static {
    shownAsText("Prefix", Prefix.prototype);
  }

  readonly ip: Ip;
  /** Number of network bits: 0 to 32 or 0 to 128. */
  readonly length: number;
  /** Both ends, once they were asked for. */
  #first: Ip | undefined;
  #last: Ip | undefined;

  /** @throws RangeError when the length does not fit the family */
  constructor(ip: Ip, length: number) {
    if (!Number.isInteger(length) || length < 0 || length > WIDTH[ip.family]) {
      throw new RangeError(`invalid prefix length ${length} for IPv${ip.family}`);
    }
    this.ip = ip;
    this.length = length;
  }

  /** The subnet of one address: `10.1.2.3/32`. */
  static ofHost(ip: Ip): Prefix {
    return new Prefix(ip, WIDTH[ip.family]);
  }

  /**
   * Reads Go's CIDR notation.
   * @throws RangeError `invalid CIDR address: x`
   */
  static parse(text: string): Prefix {
    const prefix = Prefix.tryParse(text);
    if (prefix === undefined) throw new RangeError(`invalid CIDR address: ${text}`);
    return prefix;
  }

  /** Reads Go's CIDR notation; undefined when the text is none. */
  static tryParse(text: string): Prefix | undefined {
    const slash = text.indexOf("/");
    if (slash < 0) return undefined;
    const address = parseAddress(text.slice(0, slash));
    const digits = text.slice(slash + 1);
    if (address === undefined || !/^[0-9]{1,32}$/.test(digits)) return undefined;
    const length = Number(digits);
    if (length > WIDTH[address.family]) return undefined;
    const ip = Ip.fromBigInt(address.family, address.value);
    // An IPv4-mapped address was written with a length of 128 bits; Go counts its last 32 only.
    if (address.family !== ip.family) return new Prefix(ip, Math.max(0, length - 96));
    return new Prefix(ip, length);
  }

  /** The text of a prefix as `toString` prints it; undefined when the text is none. */
  static canonical(text: string): string | undefined {
    return CANONICAL_CIDR4.test(text) ? text : Prefix.tryParse(text)?.toString();
  }

  /** The address's family. */
  get family(): Family {
    return this.ip.family;
  }

  /** The same prefix without host bits. */
  network(): Prefix {
    return new Prefix(this.first(), this.length);
  }

  /** The lowest address: the network's own. */
  first(): Ip {
    if (this.#first === undefined) {
      const shift = this.#hostBits();
      this.#first = Ip.fromBigInt(this.family, (this.ip.toBigInt() >> shift) << shift);
    }
    return this.#first;
  }

  /** The highest address: in IPv4 usually the broadcast address. */
  last(): Ip {
    if (this.#last === undefined) {
      const hosts = (1n << this.#hostBits()) - 1n;
      this.#last = Ip.fromBigInt(this.family, this.ip.toBigInt() | hosts);
    }
    return this.#last;
  }

  /** The directed broadcast address; undefined for IPv6 and for /31 and /32, which have none. */
  get broadcast(): Ip | undefined {
    return this.family === 4 && this.length < 31 ? this.last() : undefined;
  }

  /** Whether the address lies in this network. */
  contains(ip: Ip): boolean {
    if (ip.family !== this.family) return false;
    const shift = this.#hostBits();
    return ip.toBigInt() >> shift === this.ip.toBigInt() >> shift;
  }

  /** Whether the two networks share an address. */
  overlaps(other: Prefix): boolean {
    return this.length < other.length ? this.contains(other.ip) : other.contains(this.ip);
  }

  /** Whether address (host bits too) and length are the same. */
  equals(other: Prefix): boolean {
    return this.length === other.length && this.ip.equals(other.ip);
  }

  /** The address and its length, as `10.1.2.3/16`. */
  toString(): string {
    return `${this.ip.toString()}/${this.length}`;
  }

  /** The same text as `toString`. */
  toJSON(): string {
    return this.toString();
  }

  #hostBits(): bigint {
    return BITS[WIDTH[this.family] - this.length] ?? 0n;
  }
}
