import { be64 } from "../../netlink/index.ts";
import { type ExpressionTable, expression, optional } from "./codec.ts";

/** Counts what passes. A new one begins at zero unless it says otherwise. */
export interface Counter {
  readonly kind: "counter";
  readonly bytes?: bigint;
  readonly packets?: bigint;
}

const BYTES = 1;
const PACKETS = 2;
const PAD = 3;

export const counter: ExpressionTable<Counter> = expression<Counter>(
  { bytes: optional(be64(BYTES)), packets: optional(be64(PACKETS)) },
  [PAD],
);
