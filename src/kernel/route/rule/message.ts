import type { Family, Prefix } from "../../../addr/index.ts";
import { defined } from "../../../base/index.ts";
import { ByteWriter } from "../../../bytes/index.ts";
import {
  type Attribute,
  AttributeWriter,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_EXCL,
} from "../../netlink/index.ts";
import { familyNumber, familyOf } from "../family.ts";
import { prefixValue } from "../ip-value.ts";
import type { ListFilter } from "../list-filter.ts";
import { ruleTable } from "./attribute.ts";
import { FIB_RULE_INVERT, FR_ACT_TO_TBL, fibRuleHdr } from "./header.ts";

// linux/rtnetlink.h
export const RTM_NEWRULE = 32;
export const RTM_DELRULE = 33;
export const RTM_GETRULE = 34;

/** A routing rule to make or to delete. */
export interface RuleSpec {
  readonly family: Family;
  readonly from?: Prefix | undefined;
  readonly to?: Prefix | undefined;
  /** Rules are tried from the lowest number up; chosen by the kernel when absent. */
  readonly priority?: number | undefined;
  /** Table to look into. */
  readonly table?: number | undefined;
  /** Name of the link packets come in by. */
  readonly iif?: string | undefined;
  /** Name of the link packets leave by. */
  readonly oif?: string | undefined;
  readonly mark?: number | undefined;
  readonly mask?: number | undefined;
  readonly tos?: number | undefined;
  /** FR_ACT_ number; look into the table when absent. */
  readonly action?: number | undefined;
  /** Applies to all packets that do not match. */
  readonly invert?: boolean | undefined;
  /** Look into the table of the VRF that the packet belongs to. */
  readonly l3mdev?: boolean | undefined;
  /** Priority of the rule that FR_ACT_GOTO goes to. */
  readonly goto?: number | undefined;
  /** Do not use routes whose prefix is this short or shorter. */
  readonly suppressPrefixLength?: number | undefined;
  /** RTPROT_ number of the program that made the rule. */
  readonly protocol?: number | undefined;
}

/** A routing rule as the kernel reports it. */
export interface Rule extends RuleSpec {
  readonly priority: number;
  readonly table: number;
  readonly action: number;
  readonly invert: boolean;
  /** FIB_RULE_ bits. */
  readonly flags: number;
  readonly extra: readonly Attribute[];
}

/** What a list of rules is narrowed to. */
export interface RuleFilter extends ListFilter<Rule> {
  readonly family?: Family | undefined;
  readonly table?: number | undefined;
  readonly priority?: number | undefined;
}

/** Message that adds a rule; EEXIST when the very same exists. */
export function newMessage(spec: RuleSpec): NetlinkRequest {
  return { type: RTM_NEWRULE, flags: NLM_F_CREATE | NLM_F_EXCL, payload: encodeRule(spec) };
}

/** Message that deletes the first rule that matches what is given; ENOENT when none does. */
export function deleteMessage(spec: RuleSpec): NetlinkRequest {
  const action = spec.action ?? 0; // any
  return { type: RTM_DELRULE, flags: 0, payload: encodeRule({ ...spec, action }) };
}

/** Message that asks for the rules of one family. */
export function listMessage(family: Family): NetlinkRequest {
  const header = fibRuleHdr.encode(new ByteWriter(12), { family: familyNumber(family) });
  return { type: RTM_GETRULE, flags: 0, payload: header.finish() };
}

export function encodeRule(spec: RuleSpec): Uint8Array {
  const { family, from, to, table = 0 } = spec;
  for (const prefix of [from, to]) {
    if (prefix !== undefined && prefix.family !== family) {
      throw new RangeError(`${prefix} is no IPv${family} prefix`);
    }
  }
  const header = fibRuleHdr.encode(new ByteWriter(), {
    family: familyNumber(family),
    dstLength: to?.length ?? 0,
    srcLength: from?.length ?? 0,
    tos: spec.tos ?? 0,
    table: table > 0xff ? 0 : table,
    action: spec.action ?? FR_ACT_TO_TBL,
    flags: spec.invert === true ? FIB_RULE_INVERT : 0,
  });
  const writer = new AttributeWriter(header);
  ruleTable.encode(writer, {
    ...spec,
    src: from && from.length > 0 ? from.network().ip.bytes : undefined,
    dst: to && to.length > 0 ? to.network().ip.bytes : undefined,
    table: table > 0xff ? table : undefined,
    l3mdev: spec.l3mdev || undefined,
  });
  return writer.finish();
}

/** Decodes the payload of RTM_NEWRULE; undefined when it is neither IPv4 nor IPv6. */
export function decodeRule(payload: Uint8Array): Rule | undefined {
  const header = fibRuleHdr.decode(payload);
  const family = familyOf(header.family);
  if (family === undefined) return undefined;
  const { src, dst, ...rest } = ruleTable.decode(payload, {}, fibRuleHdr.size);
  return {
    ...rest,
    family,
    priority: rest.priority ?? 0,
    table: rest.table ?? header.table,
    action: header.action,
    invert: (header.flags & FIB_RULE_INVERT) !== 0,
    flags: header.flags,
    tos: header.tos,
    extra: ruleTable.extra(payload, fibRuleHdr.size),
    ...defined({
      from: src && prefixValue(src, header.srcLength, family),
      to: dst && prefixValue(dst, header.dstLength, family),
    }),
  };
}
