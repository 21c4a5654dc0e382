import { defined } from "../../base/index.ts";
import { Attributes, type AttributeWriter, type NetlinkMessage } from "../netlink/index.ts";
import { type Expression, readExpressions, writeExpressions } from "./expr/index.ts";
import type { Family } from "./family.ts";
import { nfWriter, parseNf } from "./header.ts";
import { decodeComment, encodeComment } from "./userdata.ts";

/** Names the chain that a rule stands in. */
export interface RulePlace {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
}

/** Names one rule. */
export interface RuleId extends RulePlace {
  /** The kernel's number of the rule in its table. */
  readonly handle: bigint;
}

/** A rule to make. */
export interface RuleSpec extends RulePlace {
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

/** Payload of `NFT_MSG_NEWRULE`. */
export function encodeRule(rule: RuleSpec): Uint8Array {
  const writer = placeWriter(rule);
  writer.nested(NFTA_RULE_EXPRESSIONS, (list) => writeExpressions(list, rule.expressions));
  if (rule.position !== undefined) writer.be64(NFTA_RULE_POSITION, rule.position);
  if (rule.comment !== undefined) writer.bytes(NFTA_RULE_USERDATA, encodeComment(rule.comment));
  return writer.finish();
}

/** Payload that names one rule, for get and delete. */
export function encodeRuleId(rule: RuleId): Uint8Array {
  return placeWriter(rule).be64(NFTA_RULE_HANDLE, rule.handle).finish();
}

/** Payload that names all rules of a chain, or of a table: for dump and flush. */
export function encodeRulePlace(family: Family, table: string, chain?: string): Uint8Array {
  const writer = nfWriter(family).string(NFTA_RULE_TABLE, table);
  if (chain !== undefined) writer.string(NFTA_RULE_CHAIN, chain);
  return writer.finish();
}

/** Decodes `NFT_MSG_NEWRULE` of the kernel. */
export function decodeRule(message: NetlinkMessage): Rule {
  const { family, attributes } = parseNf(message.payload);
  const list = attributes.bytes(NFTA_RULE_EXPRESSIONS);
  const position = attributes.be64(NFTA_RULE_POSITION);
  const userdata = attributes.bytes(NFTA_RULE_USERDATA);
  const comment = decodeComment(userdata);
  return {
    family,
    table: attributes.string(NFTA_RULE_TABLE) ?? "",
    chain: attributes.string(NFTA_RULE_CHAIN) ?? "",
    handle: attributes.be64(NFTA_RULE_HANDLE) ?? 0n,
    expressions: list === undefined ? [] : readExpressions(Attributes.parse(list)),
    ...defined({ comment, position, userdata }),
  };
}

function placeWriter(rule: RulePlace): AttributeWriter {
  const writer = nfWriter(rule.family).string(NFTA_RULE_TABLE, rule.table);
  return writer.string(NFTA_RULE_CHAIN, rule.chain);
}
