import { Ip, Prefix } from "../../addr/index.ts";
import { attributeText } from "../netlink/index.ts";
import { isVerdict, type Verdict } from "./data.ts";
import { type Cmp, type Expression, MetaKey, PayloadBase } from "./expr/index.ts";
import { nfprotoOf } from "./family.ts";
import type { Side } from "./match.ts";
import { REG_VERDICT } from "./register.ts";
import type { Rule } from "./rule.ts";

// Answers about rules that others made: nft, iptables-nft, other plugins.

/** A rule's comment: nft's own, or what iptables' `-m comment` says. */
export function ruleComment(rule: Pick<Rule, "comment" | "expressions">): string | undefined {
  if (rule.comment !== undefined) return rule.comment;
  for (const expression of rule.expressions) {
    if (expression.kind === "match" && expression.name === "comment") {
      return attributeText(expression.info);
    }
  }
  return undefined;
}

/** The verdict at a rule's end; undefined when it has none of its own (a target, a nat). */
export function ruleVerdict(rule: Pick<Rule, "expressions">): Verdict | undefined {
  for (const expression of rule.expressions) {
    if (expression.kind !== "immediate" || expression.dreg !== REG_VERDICT) continue;
    if (isVerdict(expression.data)) return expression.data;
  }
  return undefined;
}

/** The chain that a rule jumps or goes to (`-j CNI-…` of iptables). */
export function ruleTarget(rule: Pick<Rule, "expressions">): string | undefined {
  return ruleVerdict(rule)?.chain;
}

/** A comparison of the source or destination address in a rule. */
export interface AddressComparison {
  readonly side: Side;
  readonly prefix: Prefix;
  readonly negated: boolean;
}

/** All comparisons of addresses with constants, but those with IPv4 addresses that are mapped to IPv6. */
export function addressComparisons(rule: Pick<Rule, "expressions">): AddressComparison[] {
  const found: AddressComparison[] = [];
  rule.expressions.forEach((load, at) => {
    if (load.kind !== "payload" || load.base !== PayloadBase.NETWORK) return;
    const field = addressFields.find(({ offset, length }) => {
      return offset === load.offset && length >= load.length;
    });
    if (field === undefined || (load.offset === TTL_OFFSET && mayBeTtl(rule, load.length))) return;
    const next = rule.expressions[at + 1];
    const mask = next?.kind === "bitwise" ? next.mask : undefined;
    const cmp = rule.expressions[mask === undefined ? at + 1 : at + 2];
    if (cmp?.kind !== "cmp" || (cmp.op !== "==" && cmp.op !== "!=")) return;
    const bits = mask === undefined ? load.length * 8 : leadingOnes(mask);
    if (bits === undefined || cmp.data.length !== load.length) return;
    const address = new Uint8Array(field.length);
    address.set(cmp.data);
    const ip = Ip.fromBytes(address);
    // ::ffff:0:0/96 and what is in it fold to IPv4, which this comparison is not about.
    if (ip.bytes.length !== field.length) return;
    found.push({ side: field.side, prefix: new Prefix(ip, bits), negated: cmp.op === "!=" });
  });
  return found;
}

// Source and destination of both IP versions begin at four different offsets.
const addressFields: readonly { side: Side; offset: number; length: 4 | 16 }[] = [
  { side: "saddr", offset: 12, length: 4 },
  { side: "daddr", offset: 16, length: 4 },
  { side: "saddr", offset: 8, length: 16 },
  { side: "daddr", offset: 24, length: 16 },
];

/** Where the header of IPv4 has its time to live and its protocol, and that of IPv6 its source. */
const TTL_OFFSET = 8;

/** Of a short prefix nft loads the bytes that count alone: whose header they are of a guard has to say. */
function mayBeTtl({ expressions }: Pick<Rule, "expressions">, length: number): boolean {
  const guard = comparisonBehind(expressions, MetaKey.NFPROTO);
  return length <= 4 && (guard?.op !== "==" || guard.data[0] !== nfprotoOf(6));
}

/** The interface name that a rule compares with, without the zeroes; undefined when it does not. */
export function interfaceComparison(
  rule: Pick<Rule, "expressions">,
  key: "iifname" | "oifname",
): { name: string; negated: boolean } | undefined {
  const wanted = key === "iifname" ? MetaKey.IIFNAME : MetaKey.OIFNAME;
  const cmp = comparisonBehind(rule.expressions, wanted);
  return cmp && { name: attributeText(cmp.data), negated: cmp.op === "!=" };
}

function comparisonBehind(list: readonly Expression[], key: number): Cmp | undefined {
  const at = list.findIndex((item) => item.kind === "meta" && item.key === key);
  const cmp = at === -1 ? undefined : list[at + 1];
  return cmp?.kind === "cmp" ? cmp : undefined;
}

/** Length of a mask of ones followed by zeroes; undefined for any other. */
function leadingOnes(mask: Uint8Array): number | undefined {
  const text = Array.from(mask, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return /^1*0*$/u.test(text) ? text.lastIndexOf("1") + 1 : undefined;
}
