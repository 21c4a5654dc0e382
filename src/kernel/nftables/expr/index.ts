import { entryOf } from "../../../base/index.ts";
import { Attributes, type AttributeWriter, NLA_F_NESTED } from "../../netlink/index.ts";
import { type Bitwise, bitwise } from "./bitwise.ts";
import { type Cmp, cmp } from "./cmp.ts";
import type { ExpressionTable } from "./codec.ts";
import { type Counter, counter } from "./counter.ts";
import { type Ct, ct } from "./ct.ts";
import { type Fib, fib } from "./fib.ts";
import { type Immediate, immediate } from "./immediate.ts";
import { type Lookup, lookup } from "./lookup.ts";
import { type Masq, masq } from "./masq.ts";
import { type Meta, meta } from "./meta.ts";
import { type Nat, nat } from "./nat.ts";
import { type Payload, payload } from "./payload.ts";
import { type Range, range } from "./range.ts";
import { match, target, type XtMatch, type XtTarget } from "./xt.ts";

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

type Tables = { readonly [K in Known["kind"]]: ExpressionTable<Extract<Known, { kind: K }>> };

const tables: Tables = {
  bitwise,
  cmp,
  counter,
  ct,
  fib,
  immediate,
  lookup,
  masq,
  match,
  meta,
  nat,
  payload,
  range,
  target,
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

/** Reads the list that `writeExpressions` writes. */
export function readExpressions(list: Attributes): Expression[] {
  return list.all(NFTA_LIST_ELEM).map(({ payload }) => readExpression(Attributes.parse(payload)));
}

function writeExpression(writer: AttributeWriter, expression: Expression): void {
  if (expression.kind === "raw") {
    writer.string(NFTA_EXPR_NAME, expression.name);
    // Bytes that came from the kernel; NLA_F_NESTED is the mark that nft puts on all of them.
    if (expression.data !== undefined) writer.bytes(NFTA_EXPR_DATA | NLA_F_NESTED, expression.data);
    return;
  }
  const kind: ExpressionTable<object> = entryOf(tables, expression.kind, "the expressions");
  writer.string(NFTA_EXPR_NAME, expression.kind);
  writer.nested(NFTA_EXPR_DATA, (data) => kind.table.encode(data, expression));
}

function readExpression(element: Attributes): Expression {
  const name = element.string(NFTA_EXPR_NAME) ?? "";
  const data = element.bytes(NFTA_EXPR_DATA);
  if (data === undefined) return { kind: "raw", name };
  return readKnown(name, data) ?? { kind: "raw", name, data };
}

function readKnown(name: string, data: Uint8Array): Expression | undefined {
  if (!Object.hasOwn(tables, name)) return undefined;
  const { table, required } = tables[name as Known["kind"]];
  const found = { kind: name };
  const isWhole = table.decodeWhole(data, found);
  const isComplete = isWhole && required.every((each) => Object.hasOwn(found, each));
  return isComplete ? (found as Known) : undefined;
}
