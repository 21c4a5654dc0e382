import { interfaceComparison, type Rule } from "../../../kernel/nftables/index.ts";
import type { Scene } from "../../../state/index.ts";
import { quote } from "../../../state/iptables/index.ts";
import { deleteRules } from "./filter-table.ts";
import { isGone } from "./ingress-policy.ts";
import type { IptablesPart } from "./iptables-rules.ts";

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
const OF_BRIDGE = /^-A CNI-ISOLATION-STAGE-[12] -[io] (\S+) /u;

/** Removes the rules of bridges that do not exist any more; chains and what others share stay. */
export async function removeGoneIsolation(scene: Scene): Promise<void> {
  const isOfGone = (bridge: string | undefined): boolean =>
    bridge !== undefined && isGone(scene.namespaces, bridge);
  for (const family of FAMILIES) {
    await deleteRules(scene, family, {
      chains: [STAGE_1, STAGE_2],
      isMeant: (rule) => isOfGone(bridgeOf(rule)),
      isMeantLine: (line) => isOfGone(OF_BRIDGE.exec(line)?.[1]),
    });
  }
}

function bridgeOf(rule: Rule): string | undefined {
  return (interfaceComparison(rule, "iifname") ?? interfaceComparison(rule, "oifname"))?.name;
}
