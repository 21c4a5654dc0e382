import { defined } from "../../../base/index.ts";
import { type ExpressionCodec, optionalBe32 } from "./codec.ts";

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

export const lookupCodec: ExpressionCodec<Lookup> = {
  name: "lookup",
  known: new Set([SET, SREG, DREG, SET_ID, FLAGS]),
  encode(writer, { set, sreg, dreg, inverted, setId }) {
    writer.be32(SREG, sreg);
    optionalBe32(writer, DREG, dreg);
    writer.string(SET, set);
    optionalBe32(writer, SET_ID, setId);
    if (inverted) writer.be32(FLAGS, NFT_LOOKUP_F_INV);
  },
  decode(attributes) {
    const set = attributes.string(SET);
    const sreg = attributes.be32(SREG);
    const dreg = attributes.be32(DREG);
    const setId = attributes.be32(SET_ID);
    const flags = attributes.be32(FLAGS) ?? 0;
    if (set === undefined || sreg === undefined || flags > NFT_LOOKUP_F_INV) return undefined;
    return {
      kind: "lookup",
      set,
      sreg,
      ...defined({ dreg }),
      ...(flags === NFT_LOOKUP_F_INV ? { inverted: true } : {}),
      ...defined({ setId }),
    };
  },
};
