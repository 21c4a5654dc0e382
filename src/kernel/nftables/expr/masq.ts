import { defined } from "../../../base/index.ts";
import { type ExpressionCodec, optionalBe32 } from "./codec.ts";

/** Gives the packet the address of the interface that it leaves through. */
export interface Masq {
  readonly kind: "masq";
  /** Bits of {@link NatFlag}. */
  readonly flags?: number;
  readonly portMin?: number;
  readonly portMax?: number;
}

const FLAGS = 1;
const REG_PROTO_MIN = 2;
const REG_PROTO_MAX = 3;

export const masqCodec: ExpressionCodec<Masq> = {
  name: "masq",
  known: new Set([FLAGS, REG_PROTO_MIN, REG_PROTO_MAX]),
  encode(writer, { flags, portMin, portMax }) {
    optionalBe32(writer, FLAGS, flags);
    optionalBe32(writer, REG_PROTO_MIN, portMin);
    optionalBe32(writer, REG_PROTO_MAX, portMax);
  },
  decode(attributes) {
    const flags = attributes.be32(FLAGS);
    const portMin = attributes.be32(REG_PROTO_MIN);
    const portMax = attributes.be32(REG_PROTO_MAX);
    return {
      kind: "masq",
      ...defined({ flags, portMin, portMax }),
    };
  },
};
