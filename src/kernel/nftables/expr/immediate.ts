import { be32 } from "../../netlink/index.ts";
import { type Data, dataField } from "../data.ts";
import { type ExpressionTable, expression } from "./codec.ts";

/** Puts bytes into a register, or a verdict into register 0: the packet's fate. */
export interface Immediate {
  readonly kind: "immediate";
  readonly dreg: number;
  readonly data: Data;
}

const DREG = 1;
const DATA = 2;

export const immediate: ExpressionTable<Immediate> = expression<Immediate>({
  dreg: be32(DREG),
  data: dataField(DATA),
});
