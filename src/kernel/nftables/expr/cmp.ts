import { readValue, writeData } from "../data.ts";
import type { ExpressionCodec } from "./codec.ts";

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

export const cmpCodec: ExpressionCodec<Cmp> = {
  name: "cmp",
  known: new Set([SREG, OP, DATA]),
  encode(writer, { sreg, op, data }) {
    writer.be32(SREG, sreg).be32(OP, operators.indexOf(op));
    writeData(writer, DATA, data);
  },
  decode(attributes) {
    const sreg = attributes.be32(SREG);
    const op = operators[attributes.be32(OP) ?? -1];
    const data = readValue(attributes, DATA);
    if (sreg === undefined || op === undefined || data === undefined) return undefined;
    return { kind: "cmp", sreg, op, data };
  },
};
