import { Prefix } from "../../addr/index.ts";
import {
  addressInSet,
  type Batch,
  compose,
  masquerade,
  prefixMatch,
  verdict,
} from "../../kernel/nftables/index.ts";
import { layNatChain, removeEndRules } from "../host-nat/index.ts";
import { type LaidSet, type Layout, subnetSetName, type WantedElement } from "../nft-sets/index.ts";

const FAMILY = "inet";
const TABLE = "hawser_masquerade";
export const CHAIN = "postrouting";
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
    layNatChain(batch, place, CHAIN);
    for (const group of MULTICAST) {
      const match = prefixMatch(FAMILY, Prefix.parse(group), "daddr");
      const expressions = compose(match, verdict("return"));
      batch.addRule({ ...place, chain: CHAIN, expressions });
    }
  },
  isTransient: () => true,
  unlay: removeEndRules,
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

/** The set of a network's container addresses that a destination is to see, with its rule. */
function exceptSet(network: string, destination: Prefix): LaidSet {
  const version = destination.ip.family;
  const name = subnetSetName("except", network, destination);
  return {
    ...place,
    name,
    key: [version === 4 ? "ipv4_addr" : "ipv6_addr"],
    layRules(batch: Batch): void {
      const from = addressInSet(FAMILY, version, "saddr", name);
      const to = prefixMatch(FAMILY, destination.network(), "daddr");
      // Before the rules of the sources, whichever came first.
      const expressions = compose(from, to, verdict("return"));
      batch.insertRule({ ...place, chain: CHAIN, expressions });
    },
  };
}

/** What an attachment has masqueraded. */
export interface Sources {
  readonly addresses: readonly Prefix[];
  /** Destinations that see the addresses themselves. */
  readonly except: readonly Prefix[];
}

/** The elements of one attachment: its addresses, in the set of the subnet and those of exceptions. */
export function sourceElements(network: string, { addresses, except }: Sources): WantedElement[] {
  return addresses.flatMap((address) => {
    const exceptions = except
      .filter(({ ip }) => ip.family === address.ip.family)
      .map((destination) => exceptSet(network, destination));
    const sets = [sourceSet(network, address), ...exceptions];
    return sets.map((set) => ({ set, key: address.ip.bytes }));
  });
}
