import { Attributes } from "../../../src/kernel/netlink/index.ts";

/** What a ruleset in memory consists of. */
export interface Content {
  tables: TableRow[];
  lastHandle: bigint;
}

export interface TableRow {
  readonly family: number;
  readonly name: string;
  readonly handle: bigint;
  readonly attributes: Map<number, Uint8Array>;
  chains: ChainRow[];
  sets: SetRow[];
}

export interface ChainRow {
  readonly name: string;
  readonly handle: bigint;
  readonly attributes: Map<number, Uint8Array>;
  rules: RuleRow[];
}

export interface RuleRow {
  readonly handle: bigint;
  readonly attributes: Map<number, Uint8Array>;
}

export interface SetRow {
  readonly name: string;
  readonly handle: bigint;
  readonly attributes: Map<number, Uint8Array>;
  elements: Map<number, Uint8Array>[];
}

/** A chain that something jumps to, or a set that something looks into. */
export interface Reference {
  readonly chain?: string;
  readonly set?: string;
}

const RULE_EXPRESSIONS = 4;
const EXPR_NAME = 1;
const EXPR_DATA = 2;
const LOOKUP_SET = 1;
const IMMEDIATE_DATA = 2;
const ELEM_DATA = 2;
const DATA_VERDICT = 2;
const VERDICT_CHAIN = 2;

/** What the rules and elements of a table point at. */
export function references(table: Pick<TableRow, "chains" | "sets">): Reference[] {
  const ofRules = table.chains.flatMap(({ rules }) => rules.flatMap(ofRule));
  const ofElements = table.sets.flatMap(({ elements }) =>
    elements.flatMap((element) => verdictOf(element.get(ELEM_DATA))),
  );
  return [...ofRules, ...ofElements];
}

function ofRule({ attributes }: RuleRow): Reference[] {
  const list = Attributes.parse(attributes.get(RULE_EXPRESSIONS) ?? new Uint8Array(0));
  return Array.from(list).flatMap(({ payload }) => {
    const expression = Attributes.parse(payload);
    const data = expression.nested(EXPR_DATA);
    const name = expression.string(EXPR_NAME);
    if (name === "lookup") return [{ set: data?.string(LOOKUP_SET) ?? "" }];
    return name === "immediate" ? verdictOf(data?.bytes(IMMEDIATE_DATA)) : [];
  });
}

function verdictOf(data: Uint8Array | undefined): Reference[] {
  const verdict = data && Attributes.parse(data).nested(DATA_VERDICT);
  const chain = verdict?.string(VERDICT_CHAIN);
  return chain === undefined ? [] : [{ chain }];
}
