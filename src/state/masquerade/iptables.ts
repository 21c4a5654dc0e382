import { Prefix } from "../../addr/index.ts";
import type { Nftables } from "../../kernel/nftables/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import {
  type ContainerChains,
  foundChains,
  iptablesComment,
  masqueradeChain,
  quote,
  removeChains,
  restore,
  save,
} from "../iptables/index.ts";

type Env = Readonly<Record<string, string>>;

const FAMILIES = [4, 6] as const;
const MULTICAST = { 4: "224.0.0.0/4", 6: "ff00::/8" } as const;

/** Writes the reference plugins' iptables layout: one chain per container, one process a family. */
export async function addIptables(
  owner: Attachment,
  addresses: readonly Prefix[],
  env: Env,
): Promise<void> {
  for (const family of FAMILIES) {
    const own = addresses.filter(({ ip }) => ip.family === family);
    if (own.length > 0) await restore(family, describeTable(owner, family, own), { env });
  }
}

/**
 * The chain is declared, which empties one that a crash has left behind. Every network is spared before
 * the one rule that masquerades.
 */
function describeTable(owner: Attachment, family: 4 | 6, addresses: readonly Prefix[]): string {
  const chain = masqueradeChain(owner.network, owner.containerId);
  const comment = `-m comment --comment ${quote(iptablesComment(owner.network, owner.containerId))}`;
  const networks = new Set(addresses.map((address) => address.network().toString()));
  return [
    ...["*nat", `:${chain} - [0:0]`],
    ...[...networks].map((network) => `-A ${chain} -d ${network} ${comment} -j ACCEPT`),
    `-A ${chain} ! -d ${MULTICAST[family]} ${comment} -j MASQUERADE`,
    ...addresses.map(({ ip }) => `-A POSTROUTING -s ${ip.toString()} ${comment} -j ${chain}`),
    ...["COMMIT", ""],
  ].join("\n");
}

/** Removes the layout; cheap where it does not exist. */
export async function removeIptables(nft: Nftables, owner: Attachment, env: Env): Promise<void> {
  await removeChains(nft, chainsOf(owner), env);
}

/** What there is of the layout, for people. */
export async function foundIptables(nft: Nftables, owner: Attachment, env: Env): Promise<string[]> {
  return await foundChains(nft, chainsOf(owner), env);
}

function chainsOf({ network, containerId }: Attachment): ContainerChains {
  const chain = masqueradeChain(network, containerId);
  return { table: "nat", chains: [chain], from: ["POSTROUTING"] };
}

/** Compares the rules with the promised ones. */
export async function checkIptables(
  owner: Attachment,
  addresses: readonly Prefix[],
  env: Env,
): Promise<void> {
  const chain = masqueradeChain(owner.network, owner.containerId);
  for (const family of FAMILIES) {
    const own = addresses.filter(({ ip }) => ip.family === family);
    if (own.length === 0) continue;
    const lines = (await save(family, "nat", { env })).split("\n");
    const has = (start: string, end: string): boolean =>
      lines.some((line) => line.startsWith(start) && line.endsWith(end));
    for (const address of own) {
      const ip = address.ip.toString();
      const source = `-A POSTROUTING -s ${Prefix.ofHost(address.ip)} `;
      if (!has(source, `-j ${chain}`)) {
        throw differs(`iptables: no rule leads ${ip} to chain ${chain}`);
      }
      if (!has(`-A ${chain} -d ${address.network().toString()} `, "-j ACCEPT")) {
        throw differs(`iptables: chain ${chain} does not spare ${address.network().toString()}`);
      }
    }
    if (!has(`-A ${chain} ! -d `, "-j MASQUERADE")) {
      throw differs(`iptables: chain ${chain} does not masquerade`);
    }
  }
}
