import { Attributes, type AttributeWriter, NLA_F_NESTED } from "../../netlink/index.ts";
import { type Bitwise, bitwiseCodec } from "./bitwise.ts";
import { type Cmp, cmpCodec } from "./cmp.ts";
import type { ExpressionCodec } from "./codec.ts";
import { type Counter, counterCodec } from "./counter.ts";
import { type Ct, ctCodec } from "./ct.ts";
import { type Fib, fibCodec } from "./fib.ts";
import { type Immediate, immediateCodec } from "./immediate.ts";
import { type Lookup, lookupCodec } from "./lookup.ts";
import { type Masq, masqCodec } from "./masq.ts";
import { type Meta, metaCodec } from "./meta.ts";
import { type Nat, natCodec } from "./nat.ts";
import { type Payload, payloadCodec } from "./payload.ts";
import { type Range, rangeCodec } from "./range.ts";
import { matchCodec, targetCodec, type XtMatch, type XtTarget } from "./xt.ts";

export type { Bitwise } from "./bitwise.ts";
export type { Cmp, CmpOperator } from "./cmp.ts";
export type { Counter } from "./counter.ts";
export { type Ct, CtKey, CtState, CtStatus } from "./ct.ts";
export { type Fib, FibFlag, FibResult, RTN_LOCAL } from "./fib.ts";
export type { Immediate } from "./immediate.ts";
export type { Lookup } from "./lookup.ts";
export type { Masq } from "./masq.ts";
export { type Meta, MetaKey } from "./meta.ts";
export { type Nat, NatFlag } from "./nat.ts";
export { type Payload, PayloadBase } from "./payload.ts";
export type { Range } from "./range.ts";
export type { XtMatch, XtTarget } from "./xt.ts";

/** An expression that has no type of its own here: kept so that writing it back loses nothing. */
export interface RawExpression {
  readonly kind: "raw";
  /** Name the kernel knows it by. */
  readonly name: string;
  /** Content of `NFTA_EXPR_DATA`; absent when the expression has none. */
  readonly data?: Uint8Array;
}

type Known =
  | Bitwise
  | Cmp
  | Counter
  | Ct
  | Fib
  | Immediate
  | Lookup
  | Masq
  | Meta
  | Nat
  | Payload
  | Range
  | XtMatch
  | XtTarget;

/** One instruction of a rule. */
export type Expression = Known | RawExpression;

type Codecs = { readonly [K in Known["kind"]]: ExpressionCodec<Extract<Known, { kind: K }>> };

const codecs: Codecs = {
  bitwise: bitwiseCodec,
  cmp: cmpCodec,
  counter: counterCodec,
  ct: ctCodec,
  fib: fibCodec,
  immediate: immediateCodec,
  lookup: lookupCodec,
  masq: masqCodec,
  match: matchCodec,
  meta: metaCodec,
  nat: natCodec,
  payload: payloadCodec,
  range: rangeCodec,
  target: targetCodec,
};

const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
const NFTA_LIST_ELEM = 1;

/** Writes expressions one after the other, as elements of a list. */
export function writeExpressions(writer: AttributeWriter, list: readonly Expression[]): void {
  for (const expression of list) {
    writer.nested(NFTA_LIST_ELEM, (element) => writeExpression(element, expression));
  }
}

/** Reads the list that {@link writeExpressions} writes. */
export function readExpressions(list: Attributes): Expression[] {
  return list.all(NFTA_LIST_ELEM).map(({ payload }) => readExpression(Attributes.parse(payload)));
}

function writeExpression(writer: AttributeWriter, expression: Expression): void {
  if (expression.kind === "raw") {
    writer.string(NFTA_EXPR_NAME, expression.name);
    // Bytes that came from the kernel; NLA_F_NESTED is the mark that nft puts on all of them.
    if (expression.data !== undefined) {
      writer.bytes(NFTA_EXPR_DATA | NLA_F_NESTED, expression.data);
    }
    return;
  }
  writeKnown(writer, expression.kind, expression);
}

function writeKnown<K extends Known["kind"]>(
  writer: AttributeWriter,
  kind: K,
  expression: Extract<Known, { kind: K }>,
): void {
  const codec = codecs[kind];
  writer.string(NFTA_EXPR_NAME, codec.name);
  writer.nested(NFTA_EXPR_DATA, (data) => codec.encode(data, expression));
}

function readExpression(element: Attributes): Expression {
  const name = element.string(NFTA_EXPR_NAME) ?? "";
  const data = element.bytes(NFTA_EXPR_DATA);
  if (data === undefined) return { kind: "raw", name };
  return readKnown(name, Attributes.parse(data)) ?? { kind: "raw", name, data };
}

function readKnown(name: string, attributes: Attributes): Expression | undefined {
  if (!isKnown(name)) return undefined;
  const codec = codecs[name];
  if (attributes.except(codec.known).length > 0) return undefined;
  return codec.decode(attributes);
}

function isKnown(name: string): name is Known["kind"] {
  return Object.hasOwn(codecs, name);
}
