import { be32 } from "../../netlink/index.ts";
import { type ExpressionTable, expression, optional } from "./codec.ts";

/** What `meta` can load or set (`enum nft_meta_keys`). */
export const MetaKey = {
  LEN: 0,
  PROTOCOL: 1,
  PRIORITY: 2,
  MARK: 3,
  IIF: 4,
  OIF: 5,
  IIFNAME: 6,
  OIFNAME: 7,
  IIFTYPE: 8,
  OIFTYPE: 9,
  NFTRACE: 12,
  NFPROTO: 15,
  L4PROTO: 16,
  PKTTYPE: 19,
} as const;

/** Loads a fact about the packet into `dreg`, or sets it from `sreg`. */
export interface Meta {
  readonly kind: "meta";
  /** One of `MetaKey`, or a newer key of the kernel. */
  readonly key: number;
  readonly dreg?: number;
  readonly sreg?: number;
}

const DREG = 1;
const KEY = 2;
const SREG = 3;

export const meta: ExpressionTable<Meta> = expression<Meta>({
  key: be32(KEY),
  dreg: optional(be32(DREG)),
  sreg: optional(be32(SREG)),
});
