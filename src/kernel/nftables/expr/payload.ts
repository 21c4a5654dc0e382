import { be32 } from "../../netlink/index.ts";
import { type ExpressionTable, expression } from "./codec.ts";

/** Which header an offset counts from (`enum nft_payload_bases`). */
export const PayloadBase = { LINK: 0, NETWORK: 1, TRANSPORT: 2 } as const;

/** Loads bytes of the packet into a register. */
export interface Payload {
  readonly kind: "payload";
  /** One of `PayloadBase`. */
  readonly base: number;
  readonly offset: number;
  readonly length: number;
  readonly dreg: number;
}

const DREG = 1;
const BASE = 2;
const OFFSET = 3;
const LEN = 4;

export const payload: ExpressionTable<Payload> = expression<Payload>({
  dreg: be32(DREG),
  base: be32(BASE),
  offset: be32(OFFSET),
  length: be32(LEN),
});
