import { defined } from "../../../base/index.ts";
import { type ExpressionCodec, optionalBe32 } from "./codec.ts";

/** What is known of a connection (`enum nft_ct_keys`). */
export const CtKey = {
  STATE: 0,
  DIRECTION: 1,
  STATUS: 2,
  MARK: 3,
  PROTO_SRC: 11,
  PROTO_DST: 12,
  SRC_IP: 19,
  DST_IP: 20,
} as const;

/** Bits of a connection's state (`NF_CT_STATE_BIT`). */
export const CtState = { INVALID: 1, ESTABLISHED: 2, RELATED: 4, NEW: 8 } as const;

/** Bits of a connection's status (`enum ip_conntrack_status`). */
export const CtStatus = { SNAT: 16, DNAT: 32 } as const;

/** Loads a fact about the connection into `dreg`, or sets it from `sreg`. */
export interface Ct {
  readonly kind: "ct";
  /** One of {@link CtKey}, or a newer key of the kernel. */
  readonly key: number;
  readonly dreg?: number;
  readonly sreg?: number;
  /** Which of the connection's two tuples an address or a port is taken from. */
  readonly direction?: "original" | "reply";
}

const DREG = 1;
const KEY = 2;
const DIRECTION = 3;
const SREG = 4;

const directions = ["original", "reply"] as const;

export const ctCodec: ExpressionCodec<Ct> = {
  name: "ct",
  known: new Set([DREG, KEY, DIRECTION, SREG]),
  encode(writer, { key, dreg, sreg, direction }) {
    writer.be32(KEY, key);
    optionalBe32(writer, DREG, dreg);
    if (direction !== undefined) writer.u8(DIRECTION, directions.indexOf(direction));
    optionalBe32(writer, SREG, sreg);
  },
  decode(attributes) {
    const key = attributes.be32(KEY);
    const dreg = attributes.be32(DREG);
    const sreg = attributes.be32(SREG);
    const direction = directions[attributes.u8(DIRECTION) ?? -1];
    if (key === undefined) return undefined;
    return {
      kind: "ct",
      key,
      ...defined({ dreg, sreg, direction }),
    };
  },
};
