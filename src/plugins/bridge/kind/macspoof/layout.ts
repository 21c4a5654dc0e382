import type { Mac } from "../../../../addr/index.ts";
import {
  type Batch,
  compose,
  concat,
  type Expression,
  ifnameValue,
  lookup,
  MetaKey,
  PayloadBase,
  REG_1,
  registerAt,
  verdict,
} from "../../../../kernel/nftables/index.ts";
import type { LaidSet, Layout, WantedElement } from "../../../../state/nft-sets/index.ts";

const FAMILY = "bridge";
const TABLE = "hawser_macspoof";
const CHAIN = "prerouting";
/** NF_BR_PRI of the reference plugins' chain: before everything else that looks at frames. */
const PRIORITY = -300;

const place = { family: FAMILY, table: TABLE } as const;

/** The host's ends that are guarded. */
export const guardedPorts: LaidSet = { ...place, name: "guarded", key: ["ifname"] };

/** Which source address may come in at which guarded port. */
export const allowedSources: LaidSet = {
  ...place,
  name: "allowed",
  key: ["ifname", "ether_addr"],
};

/** IFNAMSIZ in registers of four bytes. */
const IFNAME_WORDS = 4;
const ETHER_LENGTH = 6;
const ETHER_SADDR_OFFSET = 6;

const loadPort: Expression = { kind: "meta", key: MetaKey.IIFNAME, dreg: REG_1 };

/** A frame that comes in at a guarded port with another source address is dropped. */
export const macspoofLayout: Layout = {
  family: FAMILY,
  table: TABLE,
  lay(batch: Batch): void {
    batch.addTable({ family: FAMILY, name: TABLE, comment: "Hawser: macspoofchk of bridge" });
    batch.addSet(guardedPorts).addSet(allowedSources);
    batch.addChain({
      ...place,
      name: CHAIN,
      hook: { type: "filter", hook: "prerouting", priority: PRIORITY, policy: "accept" },
    });
    const expressions = compose(
      [loadPort, lookup(guardedPorts.name)],
      [loadPort, loadSource, lookup(allowedSources.name, { negate: true })],
      verdict("drop"),
    );
    batch.addRule({ ...place, chain: CHAIN, expressions });
  },
};

const loadSource: Expression = {
  kind: "payload",
  base: PayloadBase.LINK,
  offset: ETHER_SADDR_OFFSET,
  length: ETHER_LENGTH,
  dreg: registerAt(IFNAME_WORDS),
};

/** The elements that guard one port. */
export function guardElements(port: string, mac: Mac): WantedElement[] {
  const name = ifnameValue(port);
  return [
    { set: guardedPorts, key: name },
    { set: allowedSources, key: concat(name, mac.bytes) },
  ];
}
