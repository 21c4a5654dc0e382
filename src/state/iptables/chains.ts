import { readFileSync } from "node:fs";
import { type Family, type Nftables, ruleTarget } from "../../kernel/nftables/index.ts";
import { hasTools, restore, save, type Tools } from "./restore.ts";

/** Chains of one container, and the shared chains whose rules may lead to them. */
export interface ContainerChains {
  readonly table: "nat" | "filter";
  readonly chains: readonly string[];
  readonly from: readonly string[];
}

const FAMILIES = [4, 6] as const;
/** Of the thread, which may be in a container's namespace. */
const LEGACY_TABLES = {
  4: "/proc/thread-self/net/ip_tables_names",
  6: "/proc/thread-self/net/ip6_tables_names",
} as const;

/** Whether nftables has a table. */
export type HasTable = (family: Family, table: string) => boolean;

/** Which tables there are now: one question to the kernel, whatever is asked of the answer. */
export function presentTables(nft: Nftables): HasTable {
  const present = new Set(nft.listTables().map(({ family, name }) => `${family} ${name}`));
  return (family, table) => present.has(`${family} ${table}`);
}

/**
 * Removes chains that iptables made, with every rule that leads to them, for both families. No
 * program runs unless the old x_tables of the kernel are in use.
 * @param hasTable Where it is known already which tables there are.
 */
export async function removeChains(
  nft: Nftables,
  { table, chains, from }: ContainerChains,
  env: Tools["env"],
  hasTable: HasTable = presentTables(nft),
): Promise<void> {
  for (const family of FAMILIES) {
    if (hasTable(nftFamily(family), table)) {
      for (const chain of chains) removeFromNftables(nft, family, table, chain, from);
    }
    if (hasLegacyTable(family, table)) await removeFromLegacy(family, { table, chains, from }, env);
  }
}

/** Which of the chains `removeChains` would remove, each by its name and family; touches nothing. */
export async function foundChains(
  nft: Nftables,
  { table, chains }: Pick<ContainerChains, "table" | "chains">,
  env: Tools["env"],
): Promise<string[]> {
  const found: string[] = [];
  for (const family of FAMILIES) {
    for (const chain of chains) {
      if (!(await chainExists(nft, family, table, chain, env))) continue;
      found.push(`chain ${chain} of table ${nftFamily(family)} ${table}, with the rules to it`);
    }
  }
  return found;
}

/** Whether a chain that iptables made exists, in either of the kernel's interfaces. */
export async function chainExists(
  nft: Nftables,
  family: 4 | 6,
  table: string,
  chain: string,
  env: Tools["env"],
): Promise<boolean> {
  if (nft.getChain(nftFamily(family), table, chain) !== undefined) return true;
  if (!hasLegacyTable(family, table) || !hasTools(family, { env, legacy: true })) return false;
  return (await save(family, table, { env, legacy: true })).includes(`\n:${chain} `);
}

/** The family of nftables in which iptables keeps an IP version's tables. */
export const nftFamily = (family: 4 | 6): "ip" | "ip6" => (family === 4 ? "ip" : "ip6");

function removeFromNftables(
  nft: Nftables,
  family: 4 | 6,
  table: string,
  name: string,
  from: readonly string[],
): void {
  const id = { family: nftFamily(family), table, name };
  if (nft.getChain(id.family, table, name) === undefined) return;
  nft.commitPlanned((batch) => {
    if (nft.getChain(id.family, table, name) === undefined) return;
    for (const shared of from) {
      for (const rule of nft.listRules(id.family, table, shared)) {
        if (ruleTarget(rule) === name) batch.delRule(rule);
      }
    }
    batch.flushChain(id).delChain(id);
  });
}

/** Whether a table of the kernel's old x_tables is in use; without them it is not. */
export function hasLegacyTable(family: 4 | 6, table: string): boolean {
  try {
    return readFileSync(LEGACY_TABLES[family], "utf8").split("\n").includes(table);
  } catch {
    return false;
  }
}

async function removeFromLegacy(
  family: 4 | 6,
  { table, chains, from }: ContainerChains,
  env: Tools["env"],
): Promise<void> {
  const tools = { env, legacy: true };
  // Others may use the old tables from inside a container: what is not installed made nothing here.
  if (!hasTools(family, tools)) return;
  const lines = (await save(family, table, tools)).split("\n");
  const present = chains.filter((chain) => lines.some((line) => line.startsWith(`:${chain} `)));
  if (present.length === 0) return;
  const leading = lines.filter((line) =>
    from.some(
      (shared) =>
        line.startsWith(`-A ${shared} `) && present.some((chain) => line.endsWith(`-j ${chain}`)),
    ),
  );
  const text = [
    `*${table}`,
    ...leading.map((line) => line.replace(/^-A/u, "-D")),
    ...present.map((chain) => `-F ${chain}`),
    ...present.map((chain) => `-X ${chain}`),
    "COMMIT",
    "",
  ].join("\n");
  await restore(family, text, tools);
}
