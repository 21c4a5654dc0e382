import { Prefix } from "../../addr/index.ts";
import {
  addressInSet,
  type Batch,
  compose,
  masquerade,
  Priority,
  prefixMatch,
  verdict,
} from "../../kernel/nftables/index.ts";
import { type LaidSet, type Layout, subnetSetName, type WantedElement } from "../nft-sets/index.ts";

const FAMILY = "inet";
const TABLE = "hawser_masquerade";
const CHAIN = "postrouting";
const place = { family: FAMILY, table: TABLE } as const;

/** Multicast is never masqueraded: its receivers answer to the group. */
const MULTICAST = ["224.0.0.0/4", "ff00::/8"];

/**
 * One set of container addresses and one rule for each subnet of a network. What an attachment
 * adds is an element, so that the cost of neither ADD nor a packet grows with their number.
 */
export const masqueradeLayout: Layout = {
  family: FAMILY,
  table: TABLE,
  lay(batch: Batch): void {
    batch.addTable({ family: FAMILY, name: TABLE, comment: "Hawser: masquerading (ipMasq)" });
    const hook = { type: "nat", hook: "postrouting", priority: Priority.srcnat } as const;
    batch.addChain({ ...place, name: CHAIN, hook });
    for (const group of MULTICAST) {
      const match = prefixMatch(FAMILY, Prefix.parse(group), "daddr");
      const expressions = compose(match, verdict("return"));
      batch.addRule({ ...place, chain: CHAIN, expressions });
    }
  },
};

/** The set of a network's container addresses in one subnet, with its rule. */
export function sourceSet(network: string, subnet: Prefix): LaidSet {
  const version = subnet.ip.family;
  const name = subnetSetName("from", network, subnet);
  return {
    ...place,
    name,
    key: [version === 4 ? "ipv4_addr" : "ipv6_addr"],
    layRules(batch: Batch): void {
      const from = addressInSet(FAMILY, version, "saddr", name);
      const beyond = prefixMatch(FAMILY, subnet.network(), "daddr", { negate: true });
      batch.addRule({ ...place, chain: CHAIN, expressions: compose(from, beyond, masquerade()) });
    },
  };
}

/** The elements of one attachment: its addresses, each in the set of its subnet. */
export function sourceElements(network: string, addresses: readonly Prefix[]): WantedElement[] {
  return addresses.map((address) => ({
    set: sourceSet(network, address),
    key: address.ip.bytes,
  }));
}
