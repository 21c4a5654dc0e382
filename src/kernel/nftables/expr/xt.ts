import type { Attributes, AttributeWriter } from "../../netlink/index.ts";
import type { ExpressionCodec } from "./codec.ts";

// iptables-nft puts what nftables has no words for into these two (`nft_compat`).

/** A match of iptables. `info` is its structure as iptables laid it out. */
export interface XtMatch {
  readonly kind: "match";
  readonly name: string;
  readonly revision: number;
  readonly info: Uint8Array;
}

/** A target of iptables. */
export interface XtTarget {
  readonly kind: "target";
  readonly name: string;
  readonly revision: number;
  readonly info: Uint8Array;
}

const NAME = 1;
const REV = 2;
const INFO = 3;
const known = new Set([NAME, REV, INFO]);

export const matchCodec: ExpressionCodec<XtMatch> = {
  name: "match",
  known,
  encode,
  decode: (attributes) => decode("match", attributes),
};

export const targetCodec: ExpressionCodec<XtTarget> = {
  name: "target",
  known,
  encode,
  decode: (attributes) => decode("target", attributes),
};

function encode(writer: AttributeWriter, { name, revision, info }: XtMatch | XtTarget): void {
  writer.string(NAME, name).be32(REV, revision).bytes(INFO, info);
}

function decode<K extends string>(
  kind: K,
  attributes: Attributes,
): { kind: K; name: string; revision: number; info: Uint8Array } | undefined {
  const name = attributes.string(NAME);
  const revision = attributes.be32(REV);
  const info = attributes.bytes(INFO);
  if (name === undefined || revision === undefined || info === undefined) return undefined;
  return { kind, name, revision, info };
}
