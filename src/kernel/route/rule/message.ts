import type { Family, Prefix } from "../../../addr/index.ts";
import { ByteReader, ByteWriter } from "../../../bytes/index.ts";
import {
  type Attribute,
  Attributes,
  AttributeWriter,
  type NetlinkRequest,
  NLM_F_CREATE,
  NLM_F_EXCL,
} from "../../netlink/index.ts";
import { familyNumber, familyOf } from "../family.ts";
import { prefixValue } from "../ip-value.ts";
import { present } from "../present.ts";
import {
  FRA_DST,
  FRA_FWMARK,
  FRA_FWMASK,
  FRA_GOTO,
  FRA_IIFNAME,
  FRA_L3MDEV,
  FRA_OIFNAME,
  FRA_PRIORITY,
  FRA_PROTOCOL,
  FRA_SRC,
  FRA_SUPPRESS_PREFIXLEN,
  FRA_TABLE,
} from "./attribute.ts";
import { decodeHeader, encodeHeader, FIB_RULE_INVERT, FR_ACT_TO_TBL } from "./header.ts";

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
  /** RTPROT_ number of who made the rule. */
  readonly protocol?: number | undefined;
}

/** A routing rule as the kernel tells it. */
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
export interface RuleFilter {
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
  const header = encodeHeader(new ByteWriter(12), { family: familyNumber(family) });
  return { type: RTM_GETRULE, flags: 0, payload: header.finish() };
}

export function encodeRule(spec: RuleSpec): Uint8Array {
  const { family, from, to, table = 0 } = spec;
  for (const prefix of [from, to]) {
    if (prefix !== undefined && prefix.family !== family) {
      throw new RangeError(`${prefix} is no IPv${family} prefix`);
    }
  }
  const header = encodeHeader(new ByteWriter(), {
    family: familyNumber(family),
    dstLength: to?.length ?? 0,
    srcLength: from?.length ?? 0,
    tos: spec.tos ?? 0,
    table: table > 0xff ? 0 : table,
    action: spec.action ?? FR_ACT_TO_TBL,
    flags: spec.invert === true ? FIB_RULE_INVERT : 0,
  });
  const writer = new AttributeWriter(header);
  if (from !== undefined && from.length > 0) {
    writer.bytes(FRA_SRC, from.network().ip.bytes);
  }
  if (to !== undefined && to.length > 0) {
    writer.bytes(FRA_DST, to.network().ip.bytes);
  }
  if (spec.iif !== undefined) {
    writer.string(FRA_IIFNAME, spec.iif);
  }
  if (spec.oif !== undefined) {
    writer.string(FRA_OIFNAME, spec.oif);
  }
  if (spec.mark !== undefined) {
    writer.u32(FRA_FWMARK, spec.mark);
  }
  if (spec.mask !== undefined) {
    writer.u32(FRA_FWMASK, spec.mask);
  }
  if (table > 0xff) {
    writer.u32(FRA_TABLE, table);
  }
  if (spec.priority !== undefined) {
    writer.u32(FRA_PRIORITY, spec.priority);
  }
  if (spec.goto !== undefined) {
    writer.u32(FRA_GOTO, spec.goto);
  }
  if (spec.l3mdev === true) {
    writer.u8(FRA_L3MDEV, 1);
  }
  if (spec.suppressPrefixLength !== undefined) {
    writer.u32(FRA_SUPPRESS_PREFIXLEN, spec.suppressPrefixLength);
  }
  if (spec.protocol !== undefined) {
    writer.u8(FRA_PROTOCOL, spec.protocol);
  }
  return writer.finish();
}

const KNOWN: ReadonlySet<number> = new Set([
  FRA_DST,
  FRA_FWMARK,
  FRA_FWMASK,
  FRA_GOTO,
  FRA_IIFNAME,
  FRA_L3MDEV,
  FRA_OIFNAME,
  FRA_PRIORITY,
  FRA_PROTOCOL,
  FRA_SRC,
  FRA_SUPPRESS_PREFIXLEN,
  FRA_TABLE,
]);

// What the kernel writes when nothing is suppressed.
const NO_SUPPRESSION = 0xffffffff;

/** Decodes the payload of RTM_NEWRULE; undefined when it is neither IPv4 nor IPv6. */
export function decodeRule(payload: Uint8Array): Rule | undefined {
  const reader = new ByteReader(payload);
  const header = decodeHeader(reader);
  const family = familyOf(header.family);
  if (family === undefined) {
    return undefined;
  }
  const attributes = Attributes.parse(reader.slice(reader.remaining));
  const prefix = (type: number, length: number): Prefix | undefined =>
    attributes.has(type) ? prefixValue(attributes.bytes(type), length, family) : undefined;
  const suppressed = attributes.u32(FRA_SUPPRESS_PREFIXLEN);
  return {
    family,
    priority: attributes.u32(FRA_PRIORITY) ?? 0,
    table: attributes.u32(FRA_TABLE) ?? header.table,
    action: header.action,
    invert: (header.flags & FIB_RULE_INVERT) !== 0,
    flags: header.flags,
    tos: header.tos,
    extra: attributes.except(KNOWN),
    ...present("from", prefix(FRA_SRC, header.srcLength)),
    ...present("to", prefix(FRA_DST, header.dstLength)),
    ...present("iif", attributes.string(FRA_IIFNAME)),
    ...present("oif", attributes.string(FRA_OIFNAME)),
    ...present("mark", attributes.u32(FRA_FWMARK)),
    ...present("mask", attributes.u32(FRA_FWMASK)),
    ...present("goto", attributes.u32(FRA_GOTO)),
    ...present("l3mdev", attributes.u8(FRA_L3MDEV) === 1 ? true : undefined),
    ...present("suppressPrefixLength", suppressed === NO_SUPPRESSION ? undefined : suppressed),
    ...present("protocol", attributes.u8(FRA_PROTOCOL)),
  };
}
