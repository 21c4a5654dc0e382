import { defined } from "../../../base/index.ts";
import { type ExpressionCodec, optionalBe32 } from "./codec.ts";

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

export const natCodec: ExpressionCodec<Nat> = {
  name: "nat",
  known: new Set([TYPE, FAMILY, REG_ADDR_MIN, REG_ADDR_MAX, REG_PROTO_MIN, REG_PROTO_MAX, FLAGS]),
  encode(writer, nat) {
    writer.be32(TYPE, types.indexOf(nat.type)).be32(FAMILY, nat.family);
    optionalBe32(writer, REG_ADDR_MIN, nat.addressMin);
    optionalBe32(writer, REG_ADDR_MAX, nat.addressMax);
    optionalBe32(writer, REG_PROTO_MIN, nat.portMin);
    optionalBe32(writer, REG_PROTO_MAX, nat.portMax);
    optionalBe32(writer, FLAGS, nat.flags);
  },
  decode(attributes) {
    const type = types[attributes.be32(TYPE) ?? -1];
    const family = attributes.be32(FAMILY);
    if (type === undefined || family === undefined) return undefined;
    const addressMin = attributes.be32(REG_ADDR_MIN);
    const addressMax = attributes.be32(REG_ADDR_MAX);
    const portMin = attributes.be32(REG_PROTO_MIN);
    const portMax = attributes.be32(REG_PROTO_MAX);
    const flags = attributes.be32(FLAGS);
    return {
      kind: "nat",
      type,
      family,
      ...defined({ addressMin, addressMax, portMin, portMax, flags }),
    };
  },
};
