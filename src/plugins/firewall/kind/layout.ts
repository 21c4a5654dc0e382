import type { Ip } from "../../../addr/index.ts";
import {
  addressInSet,
  type Batch,
  CtState,
  CtStatus,
  compose,
  concat,
  ctState,
  ctStatus,
  type Expression,
  ifnameValue,
  lookup,
  MetaKey,
  markMatch,
  REG_1,
  registerAt,
  setMark,
  verdict,
} from "../../../kernel/nftables/index.ts";
import type { LaidSet, Layout, WantedElement } from "../../../state/nft-sets/index.ts";
import type { IngressPolicy } from "../config.ts";

const FAMILY = "inet";
const TABLE = "hawser_firewall";
/** The packet's way: marked here, accepted or dropped by iptables at priority 0, unmarked there. */
const MARK = "forward";
const UNMARK = "forwarded";
const MARK_PRIORITY = -1;
const UNMARK_PRIORITY = 1;
/** IFNAMSIZ in registers of four bytes. */
const IFNAME_WORDS = 4;

const place = { family: FAMILY, table: TABLE } as const;

/** Bridges whose containers other such bridges do not reach. */
const guarded: LaidSet = { ...place, name: "guarded", key: ["ifname"] };
/** Ways that lead back to the bridge they come from: open for `same-bridge`, … */
const within: LaidSet = { ...place, name: "within", key: ["ifname", "ifname"] };
/** … and closed for `isolated`. */
const isolated: LaidSet = { ...place, name: "isolated", key: ["ifname", "ifname"] };

export const isolationSets: readonly LaidSet[] = [guarded, within, isolated];

const input: Expression = { kind: "meta", key: MetaKey.IIFNAME, dreg: REG_1 };
const output: Expression = { kind: "meta", key: MetaKey.OIFNAME, dreg: REG_1 };
const both: Expression[] = [input, { ...output, dreg: registerAt(IFNAME_WORDS) }];

/**
 * Containers as elements of sets, bridges as well: what a packet costs does not grow with their
 * number. An accept of ours would not keep other tables from dropping, so a packet that is to be
 * let through gets a bit into its mark for as long as iptables' chain of the same hook looks at it.
 */
export const firewallLayout: Layout = {
  family: FAMILY,
  table: TABLE,
  lay(batch: Batch): void {
    batch.addTable({ family: FAMILY, name: TABLE, comment: "Hawser: containers (firewall)" });
    for (const set of isolationSets) batch.addSet(set);
    for (const [name, priority] of [
      [MARK, MARK_PRIORITY],
      [UNMARK, UNMARK_PRIORITY],
    ] as const) {
      const hook = { type: "filter", hook: "forward", priority, policy: "accept" } as const;
      batch.addChain({ ...place, name, hook });
    }
    const back = [...both, lookup(isolated.name)];
    const across = [
      ...[input, lookup(guarded.name), output, lookup(guarded.name)],
      ...[...both, lookup(within.name, { negate: true })],
    ];
    for (const match of [back, across]) {
      const expressions = compose(match, verdict("drop"));
      batch.addRule({ ...place, chain: MARK, expressions });
    }
  },
  isTransient: (set) => /^(?:containers|behind)/u.test(set),
};

/** The addresses behind a bridge that has a policy: it goes with the last of them. */
function memberSet(version: 4 | 6, bridge: string): LaidSet {
  return {
    ...place,
    name: `behind${version}-${bridge.replaceAll(/[^\w.-]/gu, "_")}`,
    key: [version === 4 ? "ipv4_addr" : "ipv6_addr"],
    // It is for counting, and no rule asks it.
    layRules: () => undefined,
  };
}

/** The elements by which a container is behind a bridge that has a policy. */
export function memberElements(bridge: string, addresses: readonly Ip[]): WantedElement[] {
  return addresses.map((ip) => ({ set: memberSet(ip.family, bridge), key: ip.bytes }));
}

/** The sets whose elements keep a bridge's policy. */
export function memberSets(bridge: string): LaidSet[] {
  return [memberSet(4, bridge), memberSet(6, bridge)];
}

/** The set of containers' addresses that are let through by a bit of the mark, with its rules. */
function containerSet(version: 4 | 6, bit: number): LaidSet {
  const name = `containers${version}-bit${bit}`;
  const mark = 2 ** bit;
  const from = addressInSet(FAMILY, version, "saddr", name);
  const to = addressInSet(FAMILY, version, "daddr", name);
  return {
    ...place,
    name,
    key: [version === 4 ? "ipv4_addr" : "ipv6_addr"],
    layRules(batch: Batch): void {
      const known = ctState(CtState.ESTABLISHED | CtState.RELATED);
      for (const match of [from, compose(known, to), compose(ctStatus(CtStatus.DNAT), to)]) {
        batch.addRule({ ...place, chain: MARK, expressions: compose(match, setMark(mark, mark)) });
      }
      for (const match of [from, to]) {
        const expressions = compose(markMatch(mark, mark), match, setMark(0, mark));
        batch.addRule({ ...place, chain: UNMARK, expressions });
      }
    },
  };
}

/** The elements that let these addresses through. */
export function containerElements(addresses: readonly Ip[], bit: number): WantedElement[] {
  return addresses.map((ip) => ({ set: containerSet(ip.family, bit), key: ip.bytes }));
}

/** The elements that a policy wants for a bridge; without `policy` all that any would. */
export function bridgeElements(bridge: string, policy?: IngressPolicy): WantedElement[] {
  if (policy === "open") return [];
  const name = ifnameValue(bridge);
  const pair = concat(name, name);
  const same = [
    { set: guarded, key: name },
    { set: within, key: pair },
  ];
  return policy === "same-bridge" ? same : [...same, { set: isolated, key: pair }];
}
