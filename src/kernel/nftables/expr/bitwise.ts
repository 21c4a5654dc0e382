import { readValue, writeData } from "../data.ts";
import { type ExpressionCodec, optionalBe32 } from "./codec.ts";

/** `dreg = (sreg & mask) ^ xor`. */
export interface Bitwise {
  readonly kind: "bitwise";
  readonly sreg: number;
  readonly dreg: number;
  readonly length: number;
  readonly mask: Uint8Array;
  readonly xor: Uint8Array;
  /** `NFT_BITWISE_MASK_XOR`, said outright: nft does for arithmetic, and not for prefixes. */
  readonly op?: 0;
}

const SREG = 1;
const DREG = 2;
const LEN = 3;
const MASK = 4;
const XOR = 5;
const OP = 6;

export const bitwiseCodec: ExpressionCodec<Bitwise> = {
  name: "bitwise",
  known: new Set([SREG, DREG, LEN, MASK, XOR, OP]),
  encode(writer, { sreg, dreg, length, mask, xor, op }) {
    writer.be32(SREG, sreg).be32(DREG, dreg);
    optionalBe32(writer, OP, op);
    writer.be32(LEN, length);
    writeData(writer, MASK, mask);
    writeData(writer, XOR, xor);
  },
  decode(attributes) {
    const sreg = attributes.be32(SREG);
    const dreg = attributes.be32(DREG);
    const length = attributes.be32(LEN);
    const mask = readValue(attributes, MASK);
    const xor = readValue(attributes, XOR);
    const op = attributes.be32(OP);
    if (sreg === undefined || dreg === undefined || length === undefined) return undefined;
    if (mask === undefined || xor === undefined) return undefined;
    const bitwise = { kind: "bitwise", sreg, dreg, length, mask, xor } as const;
    if (op === undefined) return bitwise;
    return op === 0 ? { ...bitwise, op } : undefined;
  },
};
