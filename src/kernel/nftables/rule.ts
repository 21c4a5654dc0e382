import { defined } from "../../base/index.ts";
import {
  Attributes,
  attributes,
  be64,
  bytes,
  cString,
  type Field,
  type NetlinkMessage,
} from "../netlink/index.ts";
import { type Expression, readExpressions, writeExpressions } from "./expr/index.ts";
import type { Family } from "./family.ts";
import { familyOf, NFGENMSG_SIZE, nfWriter } from "./header.ts";
import { decodeComment, encodeComment } from "./userdata.ts";

/** Names the chain that a rule is in. */
export interface RulePosition {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
}

/** Names one rule. */
export interface RuleId extends RulePosition {
  /** The kernel's number of the rule in its table. */
  readonly handle: bigint;
}

/** A rule to make. */
export interface RuleSpec extends RulePosition {
  readonly expressions: readonly Expression[];
  readonly comment?: string;
  /** Handle of the rule that it goes behind (add) or before (insert). */
  readonly position?: bigint;
}

/** A rule of the kernel. */
export interface Rule extends RuleId {
  readonly expressions: readonly Expression[];
  readonly comment?: string;
  /** Handle of the rule before it. */
  readonly position?: bigint;
  /** Userdata as it stands in the kernel, comment included. */
  readonly userdata?: Uint8Array;
}

const NFTA_RULE_TABLE = 1;
const NFTA_RULE_CHAIN = 2;
const NFTA_RULE_HANDLE = 3;
const NFTA_RULE_EXPRESSIONS = 4;
const NFTA_RULE_POSITION = 6;
const NFTA_RULE_USERDATA = 7;

const expressionsField: Field<readonly Expression[]> = {
  type: NFTA_RULE_EXPRESSIONS,
  write: (writer, type, list) => writer.nested(type, (inner) => writeExpressions(inner, list)),
  read: (memory, start, length) =>
    readExpressions(Attributes.parse(memory.subarray(start, start + length))),
};

const ruleTable = attributes({
  table: cString(NFTA_RULE_TABLE),
  chain: cString(NFTA_RULE_CHAIN),
  handle: be64(NFTA_RULE_HANDLE),
  expressions: expressionsField,
  position: be64(NFTA_RULE_POSITION),
  userdata: bytes(NFTA_RULE_USERDATA),
});

function encode(family: Family, values: Parameters<typeof ruleTable.encode>[1]): Uint8Array {
  const writer = nfWriter(family);
  ruleTable.encode(writer, values);
  return writer.finish();
}

/** Payload of `NFT_MSG_NEWRULE`. */
export function encodeRule(rule: RuleSpec): Uint8Array {
  const { family, table, chain, expressions, position, comment } = rule;
  const userdata = comment === undefined ? undefined : encodeComment(comment);
  return encode(family, { table, chain, expressions, position, userdata });
}

/** Payload that names one rule, for get and delete. */
export function encodeRuleId({ family, table, chain, handle }: RuleId): Uint8Array {
  return encode(family, { table, chain, handle });
}

/** Payload that names all rules of a chain, or of a table: for dump and flush. */
export function encodeRulePlace(family: Family, table: string, chain?: string): Uint8Array {
  return encode(family, { table, chain });
}

/** Decodes `NFT_MSG_NEWRULE` of the kernel. */
export function decodeRule({ payload }: NetlinkMessage): Rule {
  const nothing = { table: "", chain: "", handle: 0n, expressions: [] };
  const found = ruleTable.decode(payload, nothing, NFGENMSG_SIZE);
  const comment = decodeComment(found.userdata);
  return { ...found, family: familyOf(payload), ...defined({ comment }) };
}
