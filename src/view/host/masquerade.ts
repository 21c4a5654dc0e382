import { Ip } from "../../addr/index.ts";
import { bareAddress } from "../../base/index.ts";
import { addressComparisons, Nftables } from "../../kernel/nftables/index.ts";
import { masqueradeChain, masqueradeInstance } from "../../state/iptables/index.ts";
import type { NodeAttachment } from "../attachments/index.ts";
import { type OnProblem, orProblem } from "../sources/index.ts";

const SOURCE = "the kernel's packet filter";
const OWN = "hawser_masquerade";
/** The layouts of the reference plugins. */
const RULES = { table: "cni_plugins_masquerade", chain: "masq_checks" } as const;
const NAT = "nat";

/** Addresses that leave as one of the host's, whichever layout says so; undefined when none can be read. */
export function masqueradedAddresses(
  attachments: readonly NodeAttachment[],
  onProblem: OnProblem,
): string[] | undefined {
  return orProblem(SOURCE, onProblem, () => {
    using nft = Nftables.open();
    const tables = nft.listTables();
    const has = (family: string, name: string): boolean =>
      tables.some((table) => table.family === family && table.name === name);
    return [
      ...(has("inet", OWN) ? ownAddresses(nft) : []),
      ...(has("inet", RULES.table) ? ruleAddresses(nft, attachments) : []),
      ...(["ip", "ip6"] as const).flatMap((family) =>
        has(family, NAT) ? chainAddresses(nft, family, attachments) : [],
      ),
    ];
  });
}

/** What follows `from-` in the name of a set are the addresses of containers of one subnet. */
function ownAddresses(nft: Nftables): string[] {
  const sets = nft.listSets("inet", OWN).filter(({ name }) => name.startsWith("from-"));
  return sets.flatMap(({ name }) =>
    nft.listElements("inet", OWN, name).map(({ key }) => Ip.fromBytes(key).toString()),
  );
}

function ruleAddresses(nft: Nftables, attachments: readonly NodeAttachment[]): string[] {
  const instances = new Set(
    attachments.map((one) => masqueradeInstance(one.network, one.containerId, one.ifName)),
  );
  const rules = nft.listRules("inet", RULES.table, RULES.chain).filter(({ comment = "" }) => {
    const [mark = ""] = comment.split(",");
    return instances.has(mark);
  });
  return rules.flatMap((rule) =>
    addressComparisons(rule)
      .filter(({ side, negated }) => side === "saddr" && !negated)
      .map(({ prefix }) => prefix.ip.toString()),
  );
}

/** A chain of this layout is an attachment's, and has a rule for each address of the family. */
function chainAddresses(
  nft: Nftables,
  family: "ip" | "ip6",
  attachments: readonly NodeAttachment[],
): string[] {
  const chains = new Set(nft.listChains(family, NAT).map(({ name }) => name));
  return attachments
    .filter(({ network, containerId }) => chains.has(masqueradeChain(network, containerId)))
    .flatMap(({ addresses }) =>
      addresses.map(bareAddress).filter((text) => text.includes(":") === (family === "ip6")),
    );
}
