import { be32, bytes, cString } from "../../netlink/index.ts";
import { type ExpressionTable, expression } from "./codec.ts";

// iptables-nft puts what nftables has no words for into these two (`nft_compat`).

/** A match of iptables. `info` is its structure as iptables laid it out. */
export interface XtMatch {
  readonly kind: "match";
  readonly name: string;
  readonly revision: number;
  readonly info: Uint8Array;
}

/** A target of iptables. */
export interface XtTarget {
  readonly kind: "target";
  readonly name: string;
  readonly revision: number;
  readonly info: Uint8Array;
}

const NAME = 1;
const REV = 2;
const INFO = 3;

const fields = { name: cString(NAME), revision: be32(REV), info: bytes(INFO) };

export const match: ExpressionTable<XtMatch> = expression<XtMatch>(fields);
export const target: ExpressionTable<XtTarget> = expression<XtTarget>(fields);
