import { interfaceComparison, type Rule } from "../../../kernel/nftables/index.ts";
import { hasLegacyTable, hasTools, quote, restore, save } from "../../../state/iptables/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import type { IptablesPart } from "./iptables.ts";
import { isGone } from "./isolation.ts";

/** The chains of the reference plugin's ingress policies: what comes from a bridge, … */
const STAGE_1 = "CNI-ISOLATION-STAGE-1";
/** … and what of that goes to another one. */
const STAGE_2 = "CNI-ISOLATION-STAGE-2";
const BOTH = "same-bridge|isolated";

function comment(policy: string): string {
  return `-m comment --comment ${quote(`CNI firewall plugin rules (ingressPolicy: ${policy})`)}`;
}

interface Laid {
  readonly chain: string;
  readonly rule: string;
  /** The rule ends its chain; others stand before it. */
  readonly isLast?: true;
}

/** In the order in which the reference plugin inserts them. */
function laid({ bridge, policy }: IptablesPart): Laid[] {
  if (policy === "open" || bridge === undefined) return [];
  const last = { rule: `${comment(BOTH)} -j RETURN`, isLast: true } as const;
  const across = `-i ${bridge} ! -o ${bridge} ${comment(policy)} -j ${STAGE_2}`;
  const back = `-i ${bridge} -o ${bridge} ${comment(policy)} -j DROP`;
  return [
    { chain: "FORWARD", rule: `${comment(BOTH)} -j ${STAGE_1}` },
    { chain: STAGE_1, rule: across },
    ...(policy === "isolated" ? [{ chain: STAGE_1, rule: back }] : []),
    { chain: STAGE_1, ...last },
    { chain: STAGE_2, rule: `-o ${bridge} ${comment(BOTH)} -j DROP` },
    { chain: STAGE_2, ...last },
  ];
}

/** What is missing of the policy, as iptables-restore takes it. */
export function isolationLines(part: IptablesPart, present: readonly string[]): string[] {
  const rules = laid(part);
  if (rules.length === 0) return [];
  const chains = [STAGE_1, STAGE_2].filter(
    (name) => !present.some((line) => line.startsWith(`:${name} `)),
  );
  const missing = rules.filter(({ chain, rule }) => !present.includes(`-A ${chain} ${rule}`));
  return [
    ...chains.map((name) => `-N ${name}`),
    ...missing.map(({ chain, rule, isLast }) =>
      isLast === true ? `-A ${chain} ${rule}` : `-I ${chain} 1 ${rule}`,
    ),
  ];
}

/** All rules of the policy, as iptables-save prints them. */
export function isolationRules(part: IptablesPart): string[] {
  return laid(part).map(({ chain, rule }) => `-A ${chain} ${rule}`);
}

const FAMILIES = [4, 6] as const;

/** Removes the rules of bridges that do not exist any more; chains and what others share stay. */
export async function removeGoneIsolation(
  namespaces: Namespaces,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  for (const family of FAMILIES) {
    removeFromNftables(namespaces, family === 4 ? "ip" : "ip6");
    const tools = { env, legacy: true };
    if (!hasLegacyTable(family, "filter") || !hasTools(family, tools)) continue;
    const lines = (await save(family, "filter", tools)).split("\n");
    const gone = lines.filter((line) => {
      const [, bridge] = /^-A CNI-ISOLATION-STAGE-[12] -[io] (\S+) /u.exec(line) ?? [];
      return bridge !== undefined && isGone(namespaces, bridge);
    });
    if (gone.length === 0) continue;
    const deletions = gone.map((line) => line.replace(/^-A/u, "-D"));
    await restore(family, ["*filter", ...deletions, "COMMIT", ""].join("\n"), tools);
  }
}

function removeFromNftables(namespaces: Namespaces, family: "ip" | "ip6"): void {
  const nft = nftables(namespaces);
  if (nft.getChain(family, "filter", STAGE_1) === undefined) return;
  nft.commitPlanned((batch) => {
    for (const chain of [STAGE_1, STAGE_2]) {
      for (const rule of nft.listRules(family, "filter", chain)) {
        const bridge = bridgeOf(rule);
        if (bridge !== undefined && isGone(namespaces, bridge)) batch.delRule(rule);
      }
    }
  });
}

function bridgeOf(rule: Rule): string | undefined {
  return (interfaceComparison(rule, "iifname") ?? interfaceComparison(rule, "oifname"))?.name;
}
