import { type Bytes, unknownBytes } from "./packet.ts";

/** A mark of 32 bits, of a packet or of its connection: each bit is known or not. */
export class Mark {
  #value = 0;
  /** The bits that are not known. */
  #unknown = 0;

  /** `mark = (mark & keep) ^ bits`, as nftables and iptables both change it; in doubt it may have been. */
  change(keep: number, bits: number, isSure: boolean): void {
    const value = ((this.#value & keep) ^ bits) >>> 0;
    const unknown = this.#unknown & keep;
    if (isSure) this.#unknown = unknown;
    else this.#unknown |= unknown | (value ^ this.#value);
    if (isSure) this.#value = value;
  }

  /** Sets it to what a register has. */
  set(bytes: Bytes, isSure: boolean): void {
    bytes.forEach((byte, at) => {
      const mask = 0xff << (8 * at);
      if (byte === undefined) this.#unknown |= mask;
      else this.change(~mask, byte << (8 * at), isSure);
    });
  }

  forget(): void {
    this.#unknown = ~0;
  }

  /** In the kernel's order of bytes. */
  get bytes(): Bytes {
    const unknown = hostBytes(this.#unknown >>> 0);
    return hostBytes(this.#value).map((byte, at) => (unknown[at] === 0 ? byte : undefined));
  }

  /** Whether the bits of a mask have these values; undefined where it depends on what is not known. */
  has(value: number, mask: number): boolean | undefined {
    const known = mask & ~this.#unknown;
    if (((this.#value ^ value) & known) !== 0 || (value & ~mask) !== 0) return false;
    return (mask & this.#unknown) === 0 ? true : undefined;
  }
}

/** A number in the kernel's own order of bytes; all are unknown when it is. */
export function hostBytes(value: number | undefined, length: 1 | 2 | 4 = 4): Bytes {
  if (value === undefined) return unknownBytes(length);
  return [...new Uint8Array(new Uint32Array([value]).buffer)].slice(0, length);
}

/** The same in network order. */
export function networkBytes(value: number | undefined, length: 2): Bytes {
  if (value === undefined) return unknownBytes(length);
  return [value >> 8, value & 0xff];
}
