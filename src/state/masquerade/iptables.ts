import { Prefix } from "../../addr/index.ts";
import type { Nftables } from "../../kernel/nftables/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import {
  type ContainerChains,
  chainExists,
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
  const { chain, spared, masquerading, leading } = partsOf(owner, family, addresses);
  return [
    ...["*nat", `:${chain} - [0:0]`],
    ...[...spared, ...masquerading, ...leading].map(({ text }) => `-A ${text}`),
    ...["COMMIT", ""],
  ].join("\n");
}

/** Whether the container's chain is there for some family, whichever implementation made it. */
export async function hasIptables(nft: Nftables, owner: Attachment, env: Env): Promise<boolean> {
  const chain = masqueradeChain(owner.network, owner.containerId);
  for (const family of FAMILIES) if (await chainExists(nft, family, "nat", chain, env)) return true;
  return false;
}

/**
 * Puts back what is missing, and nothing else: the chain is the container's, and may serve another of
 * its interfaces.
 */
export async function restoreIptables(
  owner: Attachment,
  addresses: readonly Prefix[],
  env: Env,
): Promise<void> {
  for (const family of FAMILIES) {
    const own = addresses.filter(({ ip }) => ip.family === family);
    if (own.length === 0) continue;
    const present = (await save(family, "nat", { env })).split("\n");
    const lines = missingLines(owner, family, own, present);
    if (lines.length === 0) continue;
    await restore(family, ["*nat", ...lines, "COMMIT", ""].join("\n"), { env });
  }
}

function missingLines(
  owner: Attachment,
  family: 4 | 6,
  addresses: readonly Prefix[],
  present: readonly string[],
): string[] {
  const { chain, spared, masquerading, leading } = partsOf(owner, family, addresses);
  const isNew = !present.some((line) => line.startsWith(`:${chain} `));
  const has = ({ start, end }: IptablesRule): boolean =>
    present.some((line) => line.startsWith(start) && line.endsWith(end));
  return [
    ...(isNew ? [`-N ${chain}`] : []),
    ...spared.filter((rule) => !has(rule)).map(({ text }) => `-I ${text}`),
    ...masquerading.filter((rule) => !has(rule)).map(({ text }) => `-A ${text}`),
    ...leading.filter((rule) => !has(rule)).map(({ text }) => `-A ${text}`),
  ];
}

/** A rule, and how the line of iptables-save that shows it begins and ends. */
interface IptablesRule {
  readonly text: string;
  readonly start: string;
  readonly end: string;
}

interface IptablesParts {
  readonly chain: string;
  readonly spared: readonly IptablesRule[];
  readonly masquerading: readonly IptablesRule[];
  readonly leading: readonly IptablesRule[];
}

function partsOf(owner: Attachment, family: 4 | 6, addresses: readonly Prefix[]): IptablesParts {
  const chain = masqueradeChain(owner.network, owner.containerId);
  const comment = `-m comment --comment ${quote(iptablesComment(owner.network, owner.containerId))}`;
  const networks = new Set(addresses.map((address) => address.network().toString()));
  return {
    chain,
    spared: [...networks].map((network) => ({
      text: `${chain} -d ${network} ${comment} -j ACCEPT`,
      start: `-A ${chain} -d ${network} `,
      end: "-j ACCEPT",
    })),
    masquerading: [
      {
        text: `${chain} ! -d ${MULTICAST[family]} ${comment} -j MASQUERADE`,
        start: `-A ${chain} ! -d `,
        end: "-j MASQUERADE",
      },
    ],
    leading: addresses.map(({ ip }) => ({
      text: `POSTROUTING -s ${ip.toString()} ${comment} -j ${chain}`,
      start: `-A POSTROUTING -s ${Prefix.ofHost(ip)} `,
      end: `-j ${chain}`,
    })),
  };
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
