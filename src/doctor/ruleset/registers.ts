/** The registers of a rule, of which each byte is known or not. */
import { type Bytes, unknownBytes } from "./packet.ts";

const SIZE = 64;
const BLOCK = 16;
const WORD = 4;
/** `NFT_REG32_00`: registers from here on are words; those before it are blocks of four words. */
const NFT_REG32_00 = 8;

/** The register file of one rule. */
export class Registers {
  readonly #bytes: (number | undefined)[] = unknownBytes(SIZE);

  /** Puts a value at a register; the rest of its last word is zero, as in the kernel. */
  set(register: number, value: Bytes): void {
    const at = placeOf(register);
    const end = Math.ceil(value.length / WORD) * WORD;
    for (let i = 0; i < end && at + i < SIZE; i++) {
      this.#bytes[at + i] = i < value.length ? value[i] : 0;
    }
  }

  get(register: number, length: number): Bytes {
    const at = placeOf(register);
    return Array.from({ length }, (_, i) => this.#bytes[at + i]);
  }

  /** Forgets all, when an instruction is met that nothing is known of. */
  forget(): void {
    this.#bytes.fill(undefined);
  }
}

/** The bytes where all of them are known. */
export function known(bytes: Bytes): Uint8Array | undefined {
  return bytes.includes(undefined) ? undefined : Uint8Array.from(bytes as readonly number[]);
}

/** As `memcmp`; undefined where an unknown byte decides. */
export function compare(one: Bytes, other: Uint8Array): number | undefined {
  for (const [at, wanted] of other.entries()) {
    const byte = one[at];
    if (byte === undefined) return undefined;
    if (byte !== wanted) return byte - wanted;
  }
  return 0;
}

/** Whether they are the same: a difference behind an unknown byte is enough to deny it. */
export function isEqual(one: Bytes, other: Uint8Array): boolean | undefined {
  let isKnown = true;
  for (const [at, wanted] of other.entries()) {
    const byte = one[at];
    if (byte === undefined) isKnown = false;
    else if (byte !== wanted) return false;
  }
  return isKnown ? true : undefined;
}

function placeOf(register: number): number {
  return register >= NFT_REG32_00 ? (register - NFT_REG32_00) * WORD : (register - 1) * BLOCK;
}
