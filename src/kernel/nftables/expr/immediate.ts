import { type Data, readData, writeData } from "../data.ts";
import type { ExpressionCodec } from "./codec.ts";

/** Puts bytes into a register, or a verdict into register 0: the packet's fate. */
export interface Immediate {
  readonly kind: "immediate";
  readonly dreg: number;
  readonly data: Data;
}

const DREG = 1;
const DATA = 2;

export const immediateCodec: ExpressionCodec<Immediate> = {
  name: "immediate",
  known: new Set([DREG, DATA]),
  encode(writer, { dreg, data }) {
    writer.be32(DREG, dreg);
    writeData(writer, DATA, data);
  },
  decode(attributes) {
    const dreg = attributes.be32(DREG);
    const data = readData(attributes, DATA);
    if (dreg === undefined || data === undefined) return undefined;
    return { kind: "immediate", dreg, data };
  },
};
