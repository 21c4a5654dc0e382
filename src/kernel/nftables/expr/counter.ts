import { defined } from "../../../base/index.ts";
import type { ExpressionCodec } from "./codec.ts";

/** Counts what passes. A new one begins at zero unless it says otherwise. */
export interface Counter {
  readonly kind: "counter";
  readonly bytes?: bigint;
  readonly packets?: bigint;
}

const BYTES = 1;
const PACKETS = 2;
const PAD = 3;

export const counterCodec: ExpressionCodec<Counter> = {
  name: "counter",
  known: new Set([BYTES, PACKETS, PAD]),
  encode(writer, { bytes, packets }) {
    if (bytes !== undefined) writer.be64(BYTES, bytes);
    if (packets !== undefined) writer.be64(PACKETS, packets);
  },
  decode(attributes) {
    const bytes = attributes.be64(BYTES);
    const packets = attributes.be64(PACKETS);
    return {
      kind: "counter",
      ...defined({ bytes, packets }),
    };
  },
};
