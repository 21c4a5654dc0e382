import { be32, cString, mapped } from "../../netlink/index.ts";
import { type ExpressionTable, expression, optional } from "./codec.ts";

/**
 * Looks a key up in a set; with `dreg` in a map, whose value is loaded there (register 0: the
 * value is a verdict).
 */
export interface Lookup {
  readonly kind: "lookup";
  readonly set: string;
  readonly sreg: number;
  readonly dreg?: number;
  /** Matches when the key is not there. */
  readonly inverted?: true;
  /** Number that the set got in the same transaction; its name suffices. */
  readonly setId?: number;
}

const SET = 1;
const SREG = 2;
const DREG = 3;
const SET_ID = 4;
const FLAGS = 5;

const NFT_LOOKUP_F_INV = 1;

export const lookup: ExpressionTable<Lookup> = expression<Lookup>({
  sreg: be32(SREG),
  dreg: optional(be32(DREG)),
  set: cString(SET),
  setId: optional(be32(SET_ID)),
  // The kernel always sends flags, most often none.
  inverted: optional(
    mapped<number, true>(be32(FLAGS), Number, (flags) => {
      if (flags === 0) return null;
      return flags === NFT_LOOKUP_F_INV ? true : undefined;
    }),
  ),
});
