import type { Rule } from "../../../kernel/nftables/index.ts";
import type { Scene } from "../../../state/index.ts";
import {
  hasLegacyTable,
  hasTools,
  nftFamily,
  restore,
  save,
  type Tools,
  underLock,
} from "../../../state/iptables/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import { stateDirectory } from "../../../state/owner/index.ts";

/** The table of iptables that decides what is forwarded. */
export const FILTER = "filter";

/** Rules to be deleted, in the words of both of the kernel's interfaces. */
export interface DeletedRules {
  /** Where they stand; without the first there are none. */
  readonly chains: readonly string[];
  isMeant(rule: Rule): boolean;
  /** The same for a line of iptables-save. */
  isMeantLine(line: string): boolean;
}

/** The lines of the table, as iptables-save prints them. */
export async function filterLines(family: 4 | 6, tools: Tools): Promise<string[]> {
  return (await save(family, FILTER, tools)).split("\n");
}

/** Changes the table by lines of iptables-restore. */
export async function changeFilter(
  family: 4 | 6,
  lines: readonly string[],
  tools: Tools,
): Promise<void> {
  if (lines.length === 0) return;
  await restore(family, [`*${FILTER}`, ...lines, "COMMIT", ""].join("\n"), tools);
}

/** Whether the table of the kernel's old x_tables is in use, and by this host's own programs. */
export function usesLegacyFilter(family: 4 | 6, env: Tools["env"]): boolean {
  return hasLegacyTable(family, FILTER) && hasTools(family, { env, legacy: true });
}

/** For a plan: the rules that `deleteRules` would delete, in words. */
export async function foundRules(
  { namespaces, ctx: { env } }: Scene,
  family: 4 | 6,
  { chains, isMeant, isMeantLine }: DeletedRules,
): Promise<string[]> {
  const nft = nftables(namespaces);
  const id = nftFamily(family);
  const [first = ""] = chains;
  const isThere = nft.getChain(id, FILTER, first) !== undefined;
  const rules = isThere ? chains.flatMap((chain) => nft.listRules(id, FILTER, chain)) : [];
  const texts = rules
    .filter(isMeant)
    .map(({ handle, chain }) => `rule ${handle} of chain ${chain}, table ${id} ${FILTER}`);
  if (!usesLegacyFilter(family, env)) return texts;
  const lines = await filterLines(family, { env, legacy: true });
  return [...texts, ...lines.filter((line) => isMeantLine(line))];
}

/** Deletes rules of iptables. No program runs unless the old x_tables are in use. */
export async function deleteRules(
  { namespaces, ctx: { env } }: Scene,
  family: 4 | 6,
  { chains, isMeant, isMeantLine }: DeletedRules,
): Promise<void> {
  const nft = nftables(namespaces);
  const id = nftFamily(family);
  const [first = ""] = chains;
  if (nft.getChain(id, FILTER, first) !== undefined) {
    nft.commitPlanned((batch) => {
      for (const chain of chains) {
        for (const rule of nft.listRules(id, FILTER, chain)) if (isMeant(rule)) batch.delRule(rule);
      }
    });
  }
  if (!usesLegacyFilter(family, env)) return;
  const tools = { env, legacy: true };
  const found = (await filterLines(family, tools)).filter((line) => isMeantLine(line));
  const deletions = found.map((line) => line.replace(/^-A/u, "-D"));
  await changeFilter(family, deletions, tools);
}

/** Looks and makes while no other call of the plugin does. */
export async function underFirewallLock(
  env: Tools["env"],
  work: () => Promise<void>,
): Promise<void> {
  await underLock(`${stateDirectory(env)}/firewall/lock`, work);
}
