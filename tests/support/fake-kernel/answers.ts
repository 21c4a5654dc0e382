import { ByteWriter } from "../../../src/bytes/index.ts";
import { AttributeWriter, NLA_F_NESTED } from "../../../src/kernel/netlink/index.ts";
import type { Answer } from "./port.ts";
import { type ChainRow, type RuleRow, references, type SetRow, type TableRow } from "./rows.ts";

// linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h
const SUBSYSTEM = 10 << 8;
const NEWTABLE = 0;
const NEWCHAIN = 3;
const NEWRULE = 6;
const NEWSET = 9;
const NEWELEM = 12;
const TABLE = 1;
const NAME = 2;
const CHAIN_HANDLE = 2;
const CHAIN_USE = 6;
const CHAIN_HOOK = 4;
const RULE_HANDLE = 3;
const RULE_EXPRESSIONS = 4;
const RULE_POSITION = 6;
const TABLE_USE = 3;
const TABLE_HANDLE = 4;
const SET_HANDLE = 16;
const ELEM_LIST = 3;
const ELEM_KEY = 1;
const ELEM_DATA = 2;

const NESTED: ReadonlyMap<number, ReadonlySet<number>> = new Map([
  [NEWCHAIN, new Set([CHAIN_HOOK])],
  [NEWRULE, new Set([RULE_EXPRESSIONS])],
]);

export function tableAnswer(table: TableRow): Answer {
  const use = table.chains.length + table.sets.length;
  const more: [number, Uint8Array][] = [
    [TABLE_USE, be32(use)],
    [TABLE_HANDLE, be64(table.handle)],
  ];
  return answer(NEWTABLE, table.family, new Map([...table.attributes, ...more]));
}

export function chainAnswer(table: TableRow, chain: ChainRow): Answer {
  const jumps = references(table).filter((each) => each.chain === chain.name).length;
  const more: [number, Uint8Array][] = [
    [CHAIN_HANDLE, be64(chain.handle)],
    [CHAIN_USE, be32(chain.rules.length + jumps)],
  ];
  // A base chain that names no policy accepts.
  if (chain.attributes.has(CHAIN_HOOK) && !chain.attributes.has(5)) more.push([5, be32(1)]);
  return answer(NEWCHAIN, table.family, new Map([...chain.attributes, ...more]));
}

export function ruleAnswer(table: TableRow, rule: RuleRow, before: RuleRow | undefined): Answer {
  const attributes = new Map(rule.attributes).set(RULE_HANDLE, be64(rule.handle));
  if (before !== undefined) attributes.set(RULE_POSITION, be64(before.handle));
  return answer(NEWRULE, table.family, attributes);
}

export function setAnswer(table: TableRow, set: SetRow): Answer {
  const attributes = new Map(set.attributes).set(SET_HANDLE, be64(set.handle));
  return answer(NEWSET, table.family, attributes);
}

export function elementAnswer(
  table: TableRow,
  set: SetRow,
  elements: readonly ReadonlyMap<number, Uint8Array>[],
): Answer {
  const writer = begin(table.family).string(TABLE, table.name).string(NAME, set.name);
  writer.nested(ELEM_LIST, (list) => {
    for (const element of elements) {
      list.nested(1, (inner) => {
        for (const [type, value] of element) {
          inner.bytes(type === ELEM_KEY || type === ELEM_DATA ? type | NLA_F_NESTED : type, value);
        }
      });
    }
  });
  return { type: SUBSYSTEM | NEWELEM, payload: writer.finish() };
}

export function answer(
  message: number,
  family: number,
  attributes: ReadonlyMap<number, Uint8Array>,
): Answer {
  const writer = begin(family);
  const nested = NESTED.get(message);
  for (const [type, value] of attributes) {
    writer.bytes(nested?.has(type) === true ? type | NLA_F_NESTED : type, value);
  }
  return { type: SUBSYSTEM | message, payload: writer.finish() };
}

function begin(family: number): AttributeWriter {
  return new AttributeWriter(new ByteWriter().u8(family).u8(0).u16be(0));
}

export function be32(value: number): Uint8Array {
  return new ByteWriter().u32be(value).finish();
}

export function be64(value: bigint): Uint8Array {
  return new ByteWriter().u64be(value).finish();
}
