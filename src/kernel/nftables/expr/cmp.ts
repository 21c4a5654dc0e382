import { be32, listed } from "../../netlink/index.ts";
import { valueField } from "../data.ts";
import { type ExpressionTable, expression } from "./codec.ts";

/** Comparisons in the kernel's numbering (`enum nft_cmp_ops`). */
const operators = ["==", "!=", "<", "<=", ">", ">="] as const;

/** How a register is compared. */
export type CmpOperator = (typeof operators)[number];

/** Ends the rule unless the register compares so with the bytes. */
export interface Cmp {
  readonly kind: "cmp";
  readonly sreg: number;
  readonly op: CmpOperator;
  readonly data: Uint8Array;
}

const SREG = 1;
const OP = 2;
const DATA = 3;

export const cmp: ExpressionTable<Cmp> = expression<Cmp>({
  sreg: be32(SREG),
  op: listed(be32(OP), operators),
  data: valueField(DATA),
});
