import type { Ip, Mac, Prefix } from "../../addr/index.ts";
import { etherGuard, familyGuard, protocolGuard } from "./compose.ts";
import { ifnameValue, markValue, portValue, registers } from "./datatype.ts";
import {
  type Bitwise,
  type CmpOperator,
  CtKey,
  type Expression,
  FibFlag,
  FibResult,
  MetaKey,
  PayloadBase,
  RTN_LOCAL,
} from "./expr/index.ts";
import type { Family } from "./family.ts";
import { REG_1, registerAt } from "./register.ts";

// Each function gives the expressions of one match in the form that nft gives it, so that
// `nft list ruleset` shows the match by its name. `compose` joins them to a rule.

/** Which end of a packet an address or a port belongs to. */
export type Side = "saddr" | "daddr";

/** Options of a match. */
export interface MatchOptions {
  /** Match everything else. */
  readonly negate?: boolean;
}

const addressOffset = { 4: { saddr: 12, daddr: 16 }, 6: { saddr: 8, daddr: 24 } } as const;
const addressLength = { 4: 4, 6: 16 } as const;
const portOffset = { sport: 0, dport: 2 } as const;
const etherOffset = { daddr: 0, saddr: 6 } as const;

/**
 * `ip saddr 10.1.0.0/16`, of either IP version, in a table of this family.
 *
 * @example
 * ```ts
 * import { prefixMatch, ruleLine } from "hawser/nftables";
 * import { Prefix } from "hawser/addr";
 *
 * ruleLine({ expressions: prefixMatch("inet", Prefix.parse("10.1.0.0/16"), "saddr") }); // → "ip saddr 10.1.0.0/16"
 * ```
 */
export function prefixMatch(
  family: Family,
  prefix: Prefix,
  side: Side,
  options: MatchOptions = {},
): Expression[] {
  const version = prefix.ip.family;
  const { base, offset } = { base: PayloadBase.NETWORK, offset: addressOffset[version][side] };
  const bytes = prefix.network().ip.bytes;
  const guard = familyGuard(family, version);
  // nft loads only the bytes that count where the prefix ends between two bytes.
  if (prefix.length > 0 && prefix.length % 8 === 0) {
    const length = prefix.length / 8;
    const load: Expression = { kind: "payload", base, offset, length, dreg: REG_1 };
    return [...guard, load, compare(bytes.slice(0, length), options)];
  }
  const length = addressLength[version];
  const load: Expression = { kind: "payload", base, offset, length, dreg: REG_1 };
  return [...guard, load, masked(prefixMask(prefix.length, length)), compare(bytes, options)];
}

/**
 * `ip saddr 10.1.0.5`.
 *
 * @example
 * ```ts
 * import { addressMatch, ruleLine } from "hawser/nftables";
 * import { Ip } from "hawser/addr";
 *
 * ruleLine({ expressions: addressMatch("ip", Ip.parse("10.1.0.5"), "daddr", { negate: true }) }); // → "ip daddr != 10.1.0.5"
 * ```
 */
export function addressMatch(
  family: Family,
  address: Ip,
  side: Side,
  options: MatchOptions = {},
): Expression[] {
  return [...loadAddress(family, address.family, side), compare(address.bytes, options)];
}

/**
 * `ip saddr @set`; with `negate` `ip saddr != @set`.
 *
 * @example
 * ```ts
 * import { addressInSet, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: addressInSet("inet", 4, "saddr", "blocked") }); // → "ip saddr @blocked"
 * ```
 */
export function addressInSet(
  family: Family,
  version: 4 | 6,
  side: Side,
  set: string,
  options: MatchOptions = {},
): Expression[] {
  return [...loadAddress(family, version, side), lookup(set, options)];
}

/**
 * `iifname "veth0"`; a name that ends in `*` stands for all that begin so.
 *
 * @example
 * ```ts
 * import { interfaceMatch, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: interfaceMatch("iifname", "veth*") }); // → 'iifname "veth*"'
 * ```
 */
export function interfaceMatch(
  key: "iifname" | "oifname",
  name: string,
  options: MatchOptions = {},
): Expression[] {
  const value = ifnameValue(name);
  // Without the star and the zeroes behind it only the beginning is compared.
  const data = name.endsWith("*") ? value.slice(0, value.indexOf(0) - 1) : value;
  const load: Expression = { kind: "meta", key: interfaceKeys[key], dreg: REG_1 };
  return [load, compare(data, options)];
}

const interfaceKeys = { iifname: MetaKey.IIFNAME, oifname: MetaKey.OIFNAME } as const;

/**
 * `tcp dport 80`: guards the protocol, then compares the port.
 *
 * @example
 * ```ts
 * import { portMatch, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: portMatch("tcp", "dport", 80) }); // → "tcp dport 80"
 * ```
 */
export function portMatch(
  protocol: Parameters<typeof protocolGuard>[0],
  side: "sport" | "dport",
  port: number,
  options: MatchOptions = {},
): Expression[] {
  return [...protocolGuard(protocol), loadPort(side), compare(portValue(port), options)];
}

/**
 * `ether saddr 00:11:22:33:44:55`.
 *
 * @example
 * ```ts
 * import { etherMatch, ruleLine } from "hawser/nftables";
 * import { Mac } from "hawser/addr";
 *
 * ruleLine({ expressions: etherMatch("bridge", Mac.parse("02:00:00:00:00:01"), "saddr") }); // → "@ll,48,48 0x020000000001"
 * ```
 */
export function etherMatch(
  family: Family,
  mac: Mac,
  side: Side,
  options: MatchOptions = {},
): Expression[] {
  const load: Expression = {
    kind: "payload",
    base: PayloadBase.LINK,
    offset: etherOffset[side],
    length: 6,
    dreg: REG_1,
  };
  return [...etherGuard(family), load, compare(mac.bytes, options)];
}

/**
 * `meta mark & MASK == VALUE`; without a mask `meta mark VALUE`.
 *
 * @example
 * ```ts
 * import { markMatch, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: markMatch(0x100, 0xf00) }); // → "meta mark & 0xf00 == 0x100"
 * ```
 */
export function markMatch(value: number, mask?: number, options: MatchOptions = {}): Expression[] {
  const load: Expression = { kind: "meta", key: MetaKey.MARK, dreg: REG_1 };
  if (mask === undefined) return [load, compare(markValue(value), options)];
  const bits: Expression = { ...masked(markValue(mask)), op: 0 };
  return [load, bits, compare(markValue(value), options)];
}

/**
 * `fib daddr type local`: the packet is for an address of this host.
 *
 * @example
 * ```ts
 * import { fibLocal, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: fibLocal("daddr") }); // → "fib daddr type local"
 * ```
 */
export function fibLocal(side: Side, options: MatchOptions = {}): Expression[] {
  const flags = side === "daddr" ? FibFlag.DADDR : FibFlag.SADDR;
  return [
    { kind: "fib", result: FibResult.ADDRTYPE, flags, dreg: REG_1 },
    compare(markValue(RTN_LOCAL), options),
  ];
}

/**
 * `ct status dnat`: any of these bits of `CtStatus` is set.
 *
 * @example
 * ```ts
 * import { ctStatus, CtStatus, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: ctStatus(CtStatus.DNAT) }); // → "ct status & 0x20 != 0x0"
 * ```
 */
export function ctStatus(bits: number): Expression[] {
  return ctBits(CtKey.STATUS, bits);
}

/**
 * `ct state established,related`: any of these bits of `CtState` is set.
 *
 * @example
 * ```ts
 * import { CtState, ctState, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: ctState(CtState.ESTABLISHED | CtState.RELATED) }); // → "ct state established,related"
 * ```
 */
export function ctState(bits: number): Expression[] {
  return ctBits(CtKey.STATE, bits);
}

/**
 * `ct original proto-dst 80`: the port that the connection was opened to, before any NAT.
 *
 * @example
 * ```ts
 * import { ctOriginalPort, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: ctOriginalPort("tcp", 80) }); // → "tcp ct original proto-dst 80"
 * ```
 */
export function ctOriginalPort(
  protocol: Parameters<typeof protocolGuard>[0],
  port: number,
  options: MatchOptions = {},
): Expression[] {
  const load: Expression = {
    kind: "ct",
    key: CtKey.PROTO_DST,
    dreg: REG_1,
    direction: "original",
  };
  return [...protocolGuard(protocol), load, compare(portValue(port), options)];
}

/**
 * `ct mark VALUE`.
 *
 * @example
 * ```ts
 * import { ctMark, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: ctMark(7) }); // → "ct mark 0x7"
 * ```
 */
export function ctMark(value: number, options: MatchOptions = {}): Expression[] {
  const load: Expression = { kind: "ct", key: CtKey.MARK, dreg: REG_1 };
  return [load, compare(markValue(value), options)];
}

/** A part of a key that a rule can look up. */
export type KeyPart = `${"ip" | "ip6"} ${Side}` | "meta l4proto" | `th ${"sport" | "dport"}`;

/**
 * Loads a key of several parts into registers side by side, beginning at the first.
 *
 * @example
 * ```ts
 * import { loadKey, lookup, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: [...loadKey("ip", ["ip saddr", "th dport"]), lookup("allowed")] }); // → "ip saddr th dport @allowed"
 * ```
 */
export function loadKey(family: Family, parts: readonly KeyPart[]): Expression[] {
  const guards: Expression[] = [];
  const loads: Expression[] = [];
  let word = 0;
  for (const part of parts) {
    const { guard, length, load } = keyPart(family, part, registerAt(word));
    guards.push(...guard);
    loads.push(load);
    word += registers(length);
  }
  return [...guards, ...loads];
}

function keyPart(family: Family, part: KeyPart, dreg: number): LoadedPart {
  if (part === "meta l4proto") {
    return { guard: [], length: 1, load: { kind: "meta", key: MetaKey.L4PROTO, dreg } };
  }
  if (part === "th sport" || part === "th dport") {
    const load = loadPort(part === "th sport" ? "sport" : "dport", dreg);
    return { guard: [], length: 2, load };
  }
  const version = part.startsWith("ip6") ? 6 : 4;
  const side = part.endsWith("saddr") ? "saddr" : "daddr";
  const [load, ...guard] = loadAddress(family, version, side, dreg).reverse();
  return { guard: guard.reverse(), length: addressLength[version], load: load as Expression };
}

interface LoadedPart {
  readonly guard: Expression[];
  readonly length: number;
  readonly load: Expression;
}

/**
 * Ends the rule unless the first register's key is in the set.
 *
 * @example
 * ```ts
 * import { loadKey, lookup, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: [...loadKey("ip", ["ip saddr"]), lookup("blocked", { negate: true })] }); // → "ip saddr != @blocked"
 * ```
 */
export function lookup(set: string, options: MatchOptions = {}): Expression {
  const base = { kind: "lookup", set, sreg: REG_1 } as const;
  return options.negate ? { ...base, inverted: true } : base;
}

function loadAddress(family: Family, version: 4 | 6, side: Side, dreg = REG_1): Expression[] {
  const offset = addressOffset[version][side];
  const length = addressLength[version];
  const load: Expression = { kind: "payload", base: PayloadBase.NETWORK, offset, length, dreg };
  return [...familyGuard(family, version), load];
}

function loadPort(side: "sport" | "dport", dreg: number = REG_1): Expression {
  const offset = portOffset[side];
  return { kind: "payload", base: PayloadBase.TRANSPORT, offset, length: 2, dreg };
}

function ctBits(key: number, bits: number): Expression[] {
  return [
    { kind: "ct", key, dreg: REG_1 },
    masked(markValue(bits)),
    compare(markValue(0), { negate: true }),
  ];
}

function compare(data: Uint8Array, options: MatchOptions): Expression {
  const op: CmpOperator = options.negate ? "!=" : "==";
  return { kind: "cmp", sreg: REG_1, op, data };
}

function masked(mask: Uint8Array): Bitwise {
  const xor = new Uint8Array(mask.length);
  return { kind: "bitwise", sreg: REG_1, dreg: REG_1, length: mask.length, mask, xor };
}

function prefixMask(bits: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_zero, at) => {
    const rest = Math.min(8, Math.max(0, bits - at * 8));
    return (0xff << (8 - rest)) & 0xff;
  });
}
