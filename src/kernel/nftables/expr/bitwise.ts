import { be32, mapped } from "../../netlink/index.ts";
import { valueField } from "../data.ts";
import { type ExpressionTable, expression, optional } from "./codec.ts";

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

export const bitwise: ExpressionTable<Bitwise> = expression<Bitwise>({
  sreg: be32(SREG),
  dreg: be32(DREG),
  op: optional(
    mapped<number, 0>(
      be32(OP),
      (op) => op,
      (op) => (op === 0 ? 0 : undefined),
    ),
  ),
  length: be32(LEN),
  mask: valueField(MASK),
  xor: valueField(XOR),
});
