import { Ip, type Prefix } from "../../addr/index.ts";
import { attributeText } from "../netlink/index.ts";
import { isVerdict } from "./data.ts";
import { IpProto } from "./datatype.ts";
import {
  type Bitwise,
  type Ct,
  CtKey,
  CtState,
  type Expression,
  FibFlag,
  FibResult,
  MetaKey,
  type Nat,
  type Payload,
  PayloadBase,
} from "./expr/index.ts";
import { addressComparisons, ruleComment } from "./inspect.ts";
import { REG_VERDICT } from "./register.ts";
import type { Rule } from "./rule.ts";

// A rule as people write it, near to nft's own words. What has no words here stands by the name that
// the kernel has for it, so that nothing of a rule is kept silent.

/** The rule in one line, without its comment: `ip saddr 10.1.0.0/16 tcp dport 80 drop`. */
export function ruleText(rule: Pick<Rule, "expressions">): string {
  const words: string[] = [];
  const { expressions } = rule;
  for (let at = 0; at < expressions.length; at++) {
    const expression = expressions[at] as Expression;
    const subject = subjectOf(expression, words);
    if (subject === undefined) {
      words.push(...statement(expression, expressions, at));
      continue;
    }
    const next = expressions[at + 1];
    const mask = next?.kind === "bitwise" ? next : undefined;
    const judge = mask === undefined ? next : expressions[at + 2];
    if (subject.isAddress && judge?.kind === "cmp") {
      const [found] = addressComparisons({ expressions: expressions.slice(at, at + 3) });
      const not = judge.op === "==" ? "" : `${judge.op} `;
      const address = found && prefixText(found.prefix);
      words.push(subject.text, `${not}${address ?? value(subject, judge.data)}`);
    } else if (judge?.kind === "cmp") {
      const operator = judge.op === "==" ? "" : `${judge.op} `;
      words.push(...compared(subject, operator, judge.data, mask));
    } else if (judge?.kind === "lookup" && judge.dreg === undefined) {
      words.push(subject.text, `${judge.inverted === true ? "!= " : ""}@${judge.set}`);
    } else {
      words.push(subject.text);
      continue;
    }
    at += mask === undefined ? 1 : 2;
  }
  const text = words.filter((word) => word !== "").join(" ");
  return text.replaceAll(GUARDS, "");
}

/** A family before its address, and a protocol before its port, go without saying. */
const GUARDS = /\bip6? (?=ip6? )|\b(tcp|udp|sctp|dccp) (?=\1 [sd]port)/gu;

/**
 * The same with its comment, where it has one.
 *
 * @example
 * ```ts
 * import { compose, masquerade, prefixMatch, ruleLine } from "hawser/nftables";
 * import { Prefix } from "hawser/addr";
 *
 * const from = prefixMatch("ip", Prefix.parse("10.1.0.0/16"), "saddr");
 * ruleLine({ expressions: compose(from, masquerade()) }); // → "ip saddr 10.1.0.0/16 masquerade"
 * ```
 */
export function ruleLine(rule: Pick<Rule, "comment" | "expressions">): string {
  const comment = ruleComment(rule);
  const text = ruleText(rule);
  return comment === undefined ? text : `${text} comment ${JSON.stringify(comment)}`;
}

/** What a comparison is about. */
interface Subject {
  readonly text: string;
  readonly type: "number" | "host" | "name" | "protocol" | "port" | "state" | "route" | "bytes";
  readonly isAddress?: true;
}

function subjectOf(expression: Expression, before: readonly string[]): Subject | undefined {
  if (expression.kind === "payload") return ofPayload(expression, before);
  if (expression.kind === "meta" && expression.dreg !== undefined) return ofMeta(expression.key);
  if (expression.kind === "ct" && expression.dreg !== undefined) return ofCt(expression);
  if (expression.kind === "fib" && expression.result === FibResult.ADDRTYPE) {
    const side = (expression.flags & FibFlag.DADDR) === 0 ? "saddr" : "daddr";
    return { text: `fib ${side} type`, type: "route" };
  }
  return undefined;
}

function ofCt({ key, direction }: Ct): Subject {
  if (key === CtKey.STATE) return { text: "ct state", type: "state" };
  const [name = String(key)] = Object.entries(CtKey).find(([, number]) => number === key) ?? [];
  const words = ["ct", direction ?? "", name.toLowerCase().replace("_", "-")];
  const isPort = key === CtKey.PROTO_SRC || key === CtKey.PROTO_DST;
  return { text: words.filter((word) => word !== "").join(" "), type: isPort ? "port" : "host" };
}

const BASES: readonly string[] = ["ll", "nh", "th"];

function ofPayload({ base, offset, length }: Payload, before: readonly string[]): Subject {
  if (base === PayloadBase.TRANSPORT && length === 2 && offset <= 2) {
    const [protocol = "th"] = before.slice(-1).filter((word) => word in IpProto);
    return { text: `${protocol} ${offset === 0 ? "sport" : "dport"}`, type: "port" };
  }
  const name = base === PayloadBase.NETWORK ? addressName(offset, length) : undefined;
  if (name !== undefined) return { text: name, type: "bytes", isAddress: true };
  if (base === PayloadBase.NETWORK && offset === 9 && length === 1) {
    return { text: "ip protocol", type: "protocol" };
  }
  return { text: `@${BASES[base] ?? base},${offset * 8},${length * 8}`, type: "bytes" };
}

/** Of a subnet that ends between two bytes nft loads only the bytes that count. */
function addressName(offset: number, length: number): string | undefined {
  if (offset === 12 && length <= 4) return "ip saddr";
  if (offset === 16 && length <= 4) return "ip daddr";
  if (offset === 8 && length > 4) return "ip6 saddr";
  return offset === 24 ? "ip6 daddr" : undefined;
}

function prefixText(prefix: Prefix): string {
  const isHost = prefix.length === (prefix.family === 4 ? 32 : 128);
  return isHost ? prefix.ip.toString() : prefix.toString();
}

const META: Readonly<Record<number, Subject>> = {
  [MetaKey.MARK]: { text: "meta mark", type: "host" },
  [MetaKey.IIF]: { text: "iif", type: "host" },
  [MetaKey.OIF]: { text: "oif", type: "host" },
  [MetaKey.IIFNAME]: { text: "iifname", type: "name" },
  [MetaKey.OIFNAME]: { text: "oifname", type: "name" },
  [MetaKey.L4PROTO]: { text: "meta l4proto", type: "protocol" },
  [MetaKey.NFPROTO]: { text: "meta nfproto", type: "number" },
  [MetaKey.PROTOCOL]: { text: "meta protocol", type: "bytes" },
};

function ofMeta(key: number): Subject {
  return META[key] ?? { text: `meta ${key}`, type: "host" };
}

function compared(
  subject: Subject,
  operator: string,
  data: Uint8Array,
  mask: Bitwise | undefined,
): string[] {
  const { text, type } = subject;
  if (type === "state" && mask !== undefined) return [text, stateText(hostNumber(mask.mask))];
  const bits = mask && (type === "host" ? value(subject, mask.mask) : hex(mask.mask));
  const masked = bits === undefined ? "" : `& ${bits} ${operator === "" ? "== " : ""}`;
  if (text === "meta nfproto" && operator === "") return [data[0] === 10 ? "ip6" : "ip"];
  if (text === "meta l4proto" && operator === "") return [value(subject, data)];
  return [text, `${masked}${operator}${value(subject, data)}`];
}

function value({ type }: Pick<Subject, "type">, data: Uint8Array): string {
  switch (type) {
    case "number":
      return String(data[0] ?? 0);
    case "host":
      return `0x${hostNumber(data).toString(16)}`;
    case "name": {
      const name = attributeText(data);
      return `"${name}${data.includes(0) ? "" : "*"}"`;
    }
    case "protocol": {
      const name = Object.entries(IpProto).find(([, number]) => number === data[0])?.[0];
      return name ?? String(data[0] ?? 0);
    }
    case "port":
      return String(((data[0] ?? 0) << 8) | (data[1] ?? 0));
    case "route":
      return ROUTE_TYPES[hostNumber(data)] ?? String(hostNumber(data));
    case "state":
    case "bytes":
      return hex(data);
  }
}

/** By the numbers of linux/rtnetlink.h. */
const ROUTE_TYPES: readonly string[] = [
  ...["unspec", "unicast", "local", "broadcast", "anycast", "multicast"],
  ...["blackhole", "unreachable", "prohibit"],
];

const STATES: readonly (readonly [number, string])[] = [
  [CtState.INVALID, "invalid"],
  [CtState.ESTABLISHED, "established"],
  [CtState.RELATED, "related"],
  [CtState.NEW, "new"],
];

function stateText(bits: number): string {
  const names = STATES.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? `0x${bits.toString(16)}` : names.join(",");
}

function statement(
  expression: Expression,
  all: readonly Expression[],
  at: number,
): readonly string[] {
  switch (expression.kind) {
    case "immediate": {
      if (expression.dreg !== REG_VERDICT || !isVerdict(expression.data)) return [];
      const { verdict, chain = "" } = expression.data;
      return [verdict, chain];
    }
    case "nat":
      return [expression.type, ...natTarget(all.slice(0, at), expression)];
    case "masq":
      return ["masquerade"];
    case "match":
      return expression.name === "comment" ? [] : [`xt match ${expression.name}`];
    case "target":
      return [`xt target ${expression.name}`];
    case "lookup":
      return [`${mapWord(expression.dreg)}@${expression.set}`];
    case "raw":
      return [expression.name];
    case "counter":
    case "bitwise":
    case "cmp":
      return [];
    default:
      return [expression.kind];
  }
}

function mapWord(dreg: number | undefined): string {
  if (dreg === undefined) return "";
  return dreg === REG_VERDICT ? "vmap " : "map ";
}

/** The constant address and port that a translation leads to. */
function natTarget(before: readonly Expression[], { addressMin, portMin }: Nat): string[] {
  const address = constantIn(before, addressMin);
  const port = constantIn(before, portMin);
  const isAddress = address?.length === 4 || address?.length === 16;
  const ip = isAddress ? Ip.fromBytes(address) : undefined;
  const behind = port?.length === 2 ? `:${value({ type: "port" }, port)}` : "";
  if (ip === undefined) return behind === "" ? [] : ["to", behind];
  const isBracketed = ip.family === 6 && behind !== "";
  return ["to", `${isBracketed ? `[${ip}]` : ip}${behind}`];
}

/** What was last loaded into a register, when it is bytes of the rule itself. */
function constantIn(
  before: readonly Expression[],
  register: number | undefined,
): Uint8Array | undefined {
  const load = before.findLast((each) => "dreg" in each && each.dreg === register);
  return load?.kind !== "immediate" || isVerdict(load.data) ? undefined : load.data;
}

function hostNumber(data: Uint8Array): number {
  return data.reduceRight((sum, byte) => sum * 256 + byte, 0);
}

function hex(data: Uint8Array): string {
  return `0x${Buffer.from(data).toString("hex")}`;
}
