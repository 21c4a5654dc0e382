import { readValue, writeData } from "../data.ts";
import type { ExpressionCodec } from "./codec.ts";

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

export const rangeCodec: ExpressionCodec<Range> = {
  name: "range",
  known: new Set([SREG, OP, FROM_DATA, TO_DATA]),
  encode(writer, { sreg, op, from, to }) {
    writer.be32(SREG, sreg).be32(OP, operators.indexOf(op));
    writeData(writer, FROM_DATA, from);
    writeData(writer, TO_DATA, to);
  },
  decode(attributes) {
    const sreg = attributes.be32(SREG);
    const op = operators[attributes.be32(OP) ?? -1];
    const from = readValue(attributes, FROM_DATA);
    const to = readValue(attributes, TO_DATA);
    if (sreg === undefined || op === undefined) return undefined;
    if (from === undefined || to === undefined) return undefined;
    return { kind: "range", sreg, op, from, to };
  },
};
