import { defined } from "../../../base/index.ts";
import type { ExpressionCodec } from "./codec.ts";

/** What `meta` can load or set (`enum nft_meta_keys`). */
export const MetaKey = {
  LEN: 0,
  PROTOCOL: 1,
  PRIORITY: 2,
  MARK: 3,
  IIF: 4,
  OIF: 5,
  IIFNAME: 6,
  OIFNAME: 7,
  IIFTYPE: 8,
  OIFTYPE: 9,
  NFPROTO: 15,
  L4PROTO: 16,
  PKTTYPE: 19,
} as const;

/** Loads a fact about the packet into `dreg`, or sets it from `sreg`. */
export interface Meta {
  readonly kind: "meta";
  /** One of {@link MetaKey}, or a newer key of the kernel. */
  readonly key: number;
  readonly dreg?: number;
  readonly sreg?: number;
}

const DREG = 1;
const KEY = 2;
const SREG = 3;

export const metaCodec: ExpressionCodec<Meta> = {
  name: "meta",
  known: new Set([DREG, KEY, SREG]),
  encode(writer, { key, dreg, sreg }) {
    writer.be32(KEY, key);
    if (dreg !== undefined) writer.be32(DREG, dreg);
    if (sreg !== undefined) writer.be32(SREG, sreg);
  },
  decode(attributes) {
    const key = attributes.be32(KEY);
    const dreg = attributes.be32(DREG);
    const sreg = attributes.be32(SREG);
    if (key === undefined) return undefined;
    return {
      kind: "meta",
      key,
      ...defined({ dreg, sreg }),
    };
  },
};
