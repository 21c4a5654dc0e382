import { be32, listed } from "../../netlink/index.ts";
import { type ExpressionTable, expression, optional } from "./codec.ts";

/** Flags of nat and masq (`NF_NAT_RANGE_*`). */
export const NatFlag = {
  PROTO_SPECIFIED: 2,
  PROTO_RANDOM: 4,
  PERSISTENT: 8,
  PROTO_RANDOM_FULLY: 16,
} as const;

/** Rewrites source or destination with what stands in registers. */
export interface Nat {
  readonly kind: "nat";
  readonly type: "snat" | "dnat";
  /** `NFPROTO_IPV4` or `NFPROTO_IPV6`: the address family in the registers. */
  readonly family: number;
  readonly addressMin?: number;
  readonly addressMax?: number;
  readonly portMin?: number;
  readonly portMax?: number;
  readonly flags?: number;
}

const TYPE = 1;
const FAMILY = 2;
const REG_ADDR_MIN = 3;
const REG_ADDR_MAX = 4;
const REG_PROTO_MIN = 5;
const REG_PROTO_MAX = 6;
const FLAGS = 7;

const types = ["snat", "dnat"] as const;

export const nat: ExpressionTable<Nat> = expression<Nat>({
  type: listed(be32(TYPE), types),
  family: be32(FAMILY),
  addressMin: optional(be32(REG_ADDR_MIN)),
  addressMax: optional(be32(REG_ADDR_MAX)),
  portMin: optional(be32(REG_PROTO_MIN)),
  portMax: optional(be32(REG_PROTO_MAX)),
  flags: optional(be32(FLAGS)),
});
