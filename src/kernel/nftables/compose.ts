import { sameBytes } from "../../bytes/index.ts";
import { markValue, protoValue } from "./datatype.ts";
import { type Cmp, type Expression, type Meta, MetaKey } from "./expr/index.ts";
import { type Family, nfprotoOf } from "./family.ts";
import { REG_1 } from "./register.ts";

// nft puts a guard before a match that makes sense for some packets only: in an `inet` table
// `ip saddr` must not look at IPv6 packets. A rule needs each guard once, and nft hides it again
// when it lists the rule.

const guardKeys: ReadonlySet<number> = new Set([
  MetaKey.NFPROTO,
  MetaKey.L4PROTO,
  MetaKey.PROTOCOL,
  MetaKey.IIFTYPE,
]);

/** ARPHRD_ETHER (linux/if_arp.h). */
const ARPHRD_ETHER = 1;
const etherTypes = { 4: new Uint8Array([0x08, 0x00]), 6: new Uint8Array([0x86, 0xdd]) } as const;

/**
 * Puts the parts of a rule together and drops a guard that an earlier part has set already.
 *
 * @example
 * ```ts
 * import { compose, portMatch, prefixMatch, ruleLine, verdict } from "hawser/nftables";
 * import { Prefix } from "hawser/addr";
 *
 * const from = Prefix.parse("10.1.0.0/16");
 * const expressions = compose(
 *   prefixMatch("inet", from, "saddr"),
 *   portMatch("tcp", "dport", 80),
 *   verdict("accept"),
 * );
 * ruleLine({ expressions, comment: "web" }); // → 'ip saddr 10.1.0.0/16 tcp dport 80 accept comment "web"'
 * ```
 */
export function compose(...parts: readonly (readonly Expression[])[]): Expression[] {
  const list = parts.flat();
  const seen: Guard[] = [];
  const result: Expression[] = [];
  for (let at = 0; at < list.length; at++) {
    const guard = guardAt(list, at);
    if (guard === undefined) {
      result.push(list[at] as Expression);
      continue;
    }
    if (!seen.some((known) => sameGuard(known, guard))) {
      seen.push(guard);
      result.push(guard.meta, guard.cmp);
    }
    at++;
  }
  return result;
}

/** The guard that lets only IPv4 or only IPv6 pass; none where the table's family says so. */
export function familyGuard(family: Family, ip: 4 | 6): Expression[] {
  if (family === "inet") return metaEquals(MetaKey.NFPROTO, new Uint8Array([nfprotoOf(ip)]));
  if (family === "ip" || family === "ip6") {
    if ((family === "ip") === (ip === 4)) return [];
    throw new RangeError(`a table of family ${family} has no IPv${ip} packets`);
  }
  return metaEquals(MetaKey.PROTOCOL, etherTypes[ip]);
}

/** The guard that lets only one transport protocol pass (`meta l4proto tcp`). */
export function protocolGuard(protocol: Parameters<typeof protoValue>[0]): Expression[] {
  return metaEquals(MetaKey.L4PROTO, protoValue(protocol));
}

/** The guard that lets only packets of Ethernet devices pass; a bridge has no others. */
export function etherGuard(family: Family): Expression[] {
  if (family === "bridge" || family === "netdev") return [];
  return metaEquals(MetaKey.IIFTYPE, markValue(ARPHRD_ETHER).subarray(0, 2));
}

/** `meta KEY == value`. */
export function metaEquals(key: number, data: Uint8Array): [Meta, Cmp] {
  return [
    { kind: "meta", key, dreg: REG_1 },
    { kind: "cmp", sreg: REG_1, op: "==", data },
  ];
}

interface Guard {
  readonly meta: Meta;
  readonly cmp: Cmp;
}

function guardAt(list: readonly Expression[], at: number): Guard | undefined {
  const meta = list[at];
  const cmp = list[at + 1];
  if (meta?.kind !== "meta" || !guardKeys.has(meta.key)) return undefined;
  if (cmp?.kind !== "cmp" || cmp.op !== "==" || cmp.sreg !== meta.dreg) return undefined;
  return { meta, cmp };
}

function sameGuard(a: Guard, b: Guard): boolean {
  return a.meta.key === b.meta.key && sameBytes(a.cmp.data, b.cmp.data);
}
