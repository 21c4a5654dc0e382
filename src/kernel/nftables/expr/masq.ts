import { be32 } from "../../netlink/index.ts";
import { type ExpressionTable, expression, optional } from "./codec.ts";

/** Gives the packet the address of the interface that it leaves through. */
export interface Masq {
  readonly kind: "masq";
  /** Bits of `NatFlag`. */
  readonly flags?: number;
  readonly portMin?: number;
  readonly portMax?: number;
}

const FLAGS = 1;
const REG_PROTO_MIN = 2;
const REG_PROTO_MAX = 3;

export const masq: ExpressionTable<Masq> = expression<Masq>({
  flags: optional(be32(FLAGS)),
  portMin: optional(be32(REG_PROTO_MIN)),
  portMax: optional(be32(REG_PROTO_MAX)),
});
