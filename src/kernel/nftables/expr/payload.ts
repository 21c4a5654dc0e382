import type { ExpressionCodec } from "./codec.ts";

/** Which header an offset counts from (`enum nft_payload_bases`). */
export const PayloadBase = { LINK: 0, NETWORK: 1, TRANSPORT: 2 } as const;

/** Loads bytes of the packet into a register. */
export interface Payload {
  readonly kind: "payload";
  /** One of {@link PayloadBase}. */
  readonly base: number;
  readonly offset: number;
  readonly length: number;
  readonly dreg: number;
}

const DREG = 1;
const BASE = 2;
const OFFSET = 3;
const LEN = 4;

export const payloadCodec: ExpressionCodec<Payload> = {
  name: "payload",
  known: new Set([DREG, BASE, OFFSET, LEN]),
  encode(writer, { base, offset, length, dreg }) {
    writer.be32(DREG, dreg).be32(BASE, base).be32(OFFSET, offset).be32(LEN, length);
  },
  decode(attributes) {
    const dreg = attributes.be32(DREG);
    const base = attributes.be32(BASE);
    const offset = attributes.be32(OFFSET);
    const length = attributes.be32(LEN);
    if (dreg === undefined || base === undefined) return undefined;
    if (offset === undefined || length === undefined) return undefined;
    return { kind: "payload", base, offset, length, dreg };
  },
};
