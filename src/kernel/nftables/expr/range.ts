import { be32, listed } from "../../netlink/index.ts";
import { valueField } from "../data.ts";
import { type ExpressionTable, expression } from "./codec.ts";

/** Ends the rule unless the register lies inside (`==`) or outside (`!=`) a range of bytes. */
export interface Range {
  readonly kind: "range";
  readonly sreg: number;
  readonly op: "==" | "!=";
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

const SREG = 1;
const OP = 2;
const FROM_DATA = 3;
const TO_DATA = 4;

const operators = ["==", "!="] as const;

export const range: ExpressionTable<Range> = expression<Range>({
  sreg: be32(SREG),
  op: listed(be32(OP), operators),
  from: valueField(FROM_DATA),
  to: valueField(TO_DATA),
});
