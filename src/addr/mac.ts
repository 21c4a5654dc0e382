import { shownAsText } from "./shown.ts";

/** The lengths Go's `net.ParseMAC` knows: EUI-48, EUI-64 and IP over InfiniBand. */
const LENGTHS: ReadonlySet<number> = new Set([6, 8, 20]);

const HEX = "0123456789abcdef";

/**
 * A hardware address as an immutable value; printed as lower-case pairs with colons.
 *
 * @example
 * ```ts
 * import { Mac } from "hawser/addr";
 *
 * Mac.parse("0A-00-00-00-00-01").toString(); // → "0a:00:00:00:00:01"
 * Mac.tryParse("0a:00"); // → undefined
 * ```
 */
export class Mac {
  static {
    shownAsText("Mac", Mac.prototype);
  }

  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * Reads `00:00:5e:00:53:01`, `00-00-5e-00-53-01` or `0000.5e00.5301` of 6, 8 or 20 bytes;
   * throws a RangeError `address x: invalid MAC address`.
   */
  static parse(text: string): Mac {
    const mac = Mac.tryParse(text);
    if (mac === undefined) throw new RangeError(`address ${text}: invalid MAC address`);
    return mac;
  }

  /** Reads a hardware address; undefined when the text is none. */
  static tryParse(text: string): Mac | undefined {
    const pairs = /^[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})+$|^[0-9a-fA-F]{2}(?:-[0-9a-fA-F]{2})+$/;
    const quads = /^[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4})+$/;
    // 20 bytes as pairs are the longest form.
    if (text.length > 59 || !(pairs.test(text) || quads.test(text))) return undefined;
    const hex = text.replace(/[:.-]/g, "");
    if (!LENGTHS.has(hex.length / 2)) return undefined;
    const bytes = new Uint8Array(hex.length / 2);
    for (let at = 0; at < bytes.length; at++) {
      bytes[at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16);
    }
    return new Mac(bytes);
  }

  /** A hardware address from its bytes (any length the kernel reports). */
  static fromBytes(bytes: Uint8Array): Mac {
    return new Mac(bytes.slice());
  }

  /** The bytes; each call gives a fresh copy. */
  get bytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Whether both have the same bytes. */
  equals(other: Mac): boolean {
    return this.toString() === other.toString();
  }

  /** Lower-case pairs with colons. */
  toString(): string {
    let text = "";
    for (const byte of this.#bytes) {
      text += `${text === "" ? "" : ":"}${HEX[byte >> 4]}${HEX[byte & 15]}`;
    }
    return text;
  }

  /** The same text as `toString`. */
  toJSON(): string {
    return this.toString();
  }
}
