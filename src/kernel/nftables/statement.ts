import type { Ip } from "../../addr/index.ts";
import type { Verdict } from "./data.ts";
import { markValue, portValue } from "./datatype.ts";
import { CtKey, type Expression, MetaKey, NatFlag } from "./expr/index.ts";
import { type Family, nfprotoOf } from "./family.ts";
import { type KeyPart, loadKey } from "./match.ts";
import { REG_1, REG_VERDICT, registerAt } from "./register.ts";

// What a rule does with a packet that its matches let through, in the form that nft gives it.

/**
 * `accept`, `drop` or `return`.
 *
 * @example
 * ```ts
 * import { ruleLine, verdict } from "hawser/nftables";
 *
 * ruleLine({ expressions: verdict("drop") }); // → "drop"
 * ```
 */
export function verdict(name: "accept" | "drop" | "return"): Expression[] {
  return decide({ verdict: name });
}

/**
 * `jump CHAIN`: comes back behind this rule.
 *
 * @example
 * ```ts
 * import { jump, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: jump("tcp-ports") }); // → "jump tcp-ports"
 * ```
 */
export function jump(chain: string): Expression[] {
  return decide({ verdict: "jump", chain });
}

/**
 * `goto CHAIN`: comes back behind the rule that jumped here.
 *
 * @example
 * ```ts
 * import { goto, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: goto("tcp-ports") }); // → "goto tcp-ports"
 * ```
 */
export function goto(chain: string): Expression[] {
  return decide({ verdict: "goto", chain });
}

/**
 * `masquerade`; `flags` are bits of `NatFlag`.
 *
 * @example
 * ```ts
 * import { masquerade, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: masquerade() }); // → "masquerade"
 * ```
 */
export function masquerade(flags?: number): Expression[] {
  return [flags === undefined ? { kind: "masq" } : { kind: "masq", flags }];
}

/**
 * `dnat ip to 10.0.0.1:80`; without a port the port stays.
 *
 * @example
 * ```ts
 * import { dnatTo, ruleLine } from "hawser/nftables";
 * import { Ip } from "hawser/addr";
 *
 * ruleLine({ expressions: dnatTo(Ip.parse("10.1.0.5"), 80) }); // → "dnat to 10.1.0.5:80"
 * ```
 */
export function dnatTo(address: Ip, port?: number): Expression[] {
  return natTo("dnat", address, port);
}

/**
 * `snat ip to 10.0.0.1:80`; without a port the port stays.
 *
 * @example
 * ```ts
 * import { ruleLine, snatTo } from "hawser/nftables";
 * import { Ip } from "hawser/addr";
 *
 * ruleLine({ expressions: snatTo(Ip.parse("192.0.2.1")) }); // → "snat to 192.0.2.1"
 * ```
 */
export function snatTo(address: Ip, port?: number): Expression[] {
  return natTo("snat", address, port);
}

/**
 * `dnat ip to KEY . KEY map @MAP`, for a map whose values are an address and a port. A packet
 * whose key is not in the map goes on to the next rule.
 *
 * @example
 * ```ts
 * import { dnatToMap, ruleLine } from "hawser/nftables";
 *
 * ruleLine({ expressions: dnatToMap("ip", 4, ["meta l4proto", "th dport"], "ports") }); // → "meta l4proto th dport map @ports dnat"
 * ```
 */
export function dnatToMap(
  family: Family,
  version: 4 | 6,
  key: readonly KeyPart[],
  map: string,
): Expression[] {
  return [
    ...loadKey(family, key),
    { kind: "lookup", set: map, sreg: REG_1, dreg: REG_1 },
    {
      kind: "nat",
      type: "dnat",
      family: nfprotoOf(version),
      addressMin: REG_1,
      portMin: registerAt(version === 4 ? 1 : 4),
    },
  ];
}

/**
 * `KEY vmap @MAP`, for a map whose values are verdicts (`data: "verdict"`). A packet whose key is not
 * in the map goes on behind it.
 *
 * @example
 * ```ts
 * import { ruleLine, vmap } from "hawser/nftables";
 *
 * ruleLine({ expressions: vmap("inet", ["th dport"], "services") }); // → "th dport vmap @services"
 * ```
 */
export function vmap(family: Family, key: readonly KeyPart[], map: string): Expression[] {
  return [...loadKey(family, key), { kind: "lookup", set: map, sreg: REG_1, dreg: REG_VERDICT }];
}

/**
 * `meta mark set VALUE`; with a mask only the mask's bits change.
 *
 * @example
 * ```ts
 * import { setMark } from "hawser/nftables";
 *
 * setMark(0x100).map(({ kind }) => kind); // → ["immediate", "meta"]
 * ```
 */
export function setMark(value: number, mask: number = 0xffffffff): Expression[] {
  const store: Expression = { kind: "meta", key: MetaKey.MARK, sreg: REG_1 };
  if (mask >>> 0 === 0xffffffff) {
    return [{ kind: "immediate", dreg: REG_1, data: markValue(value) }, store];
  }
  return [
    { kind: "meta", key: MetaKey.MARK, dreg: REG_1 },
    {
      kind: "bitwise",
      sreg: REG_1,
      dreg: REG_1,
      length: 4,
      mask: markValue(~mask >>> 0),
      xor: markValue(value),
      op: 0,
    },
    store,
  ];
}

/**
 * `ct mark set VALUE`.
 *
 * @example
 * ```ts
 * import { setCtMark } from "hawser/nftables";
 *
 * setCtMark(7).map(({ kind }) => kind); // → ["immediate", "ct"]
 * ```
 */
export function setCtMark(value: number): Expression[] {
  return [
    { kind: "immediate", dreg: REG_1, data: markValue(value) },
    { kind: "ct", key: CtKey.MARK, sreg: REG_1 },
  ];
}

/** `meta nftrace set 1`: what each rule does with the packet from here on is reported. */
export function setTrace(): Expression[] {
  return [
    { kind: "immediate", dreg: REG_1, data: Uint8Array.of(1) },
    { kind: "meta", key: MetaKey.NFTRACE, sreg: REG_1 },
  ];
}

/**
 * `counter`.
 *
 * @example
 * ```ts
 * import { counter, ruleLine, verdict } from "hawser/nftables";
 *
 * ruleLine({ expressions: [...counter(), ...verdict("accept")] }); // → "accept"
 * ```
 */
export function counter(): Expression[] {
  return [{ kind: "counter" }];
}

function decide(data: Verdict): Expression[] {
  return [{ kind: "immediate", dreg: REG_VERDICT, data }];
}

function natTo(type: "snat" | "dnat", address: Ip, port: number | undefined): Expression[] {
  const family = nfprotoOf(address.family);
  const load: Expression = { kind: "immediate", dreg: REG_1, data: address.bytes };
  if (port === undefined) return [load, { kind: "nat", type, family, addressMin: REG_1 }];
  // nft leaves each value a block of its own, also where fewer words would do.
  const portMin = REG_1 + 1;
  return [
    load,
    { kind: "immediate", dreg: portMin, data: portValue(port) },
    { kind: "nat", type, family, addressMin: REG_1, portMin, flags: NatFlag.PROTO_SPECIFIED },
  ];
}
