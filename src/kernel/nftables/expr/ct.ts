import { be32, listed, u8 } from "../../netlink/index.ts";
import { type ExpressionTable, expression, optional } from "./codec.ts";

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
  /** One of `CtKey`, or a newer key of the kernel. */
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

export const ct: ExpressionTable<Ct> = expression<Ct>({
  key: be32(KEY),
  dreg: optional(be32(DREG)),
  direction: optional(listed(u8(DIRECTION), directions)),
  sreg: optional(be32(SREG)),
});
