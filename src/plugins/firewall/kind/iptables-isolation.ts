import { interfaceComparison, type Rule } from "../../../kernel/nftables/index.ts";
import type { Scene } from "../../../state/index.ts";
import { quote } from "../../../state/iptables/index.ts";
import { deleteRules } from "./filter-table.ts";
import { isGone } from "./ingress-policy.ts";
import type { Attached } from "./part.ts";

/** The chains of the reference plugin's ingress policies: what comes from a bridge, … */
const STAGE_1 = "CNI-ISOLATION-STAGE-1";
/** … and what of that goes to another one. */
const STAGE_2 = "CNI-ISOLATION-STAGE-2";
const BOTH = "same-bridge|isolated";
const OF_BRIDGE = /^-A CNI-ISOLATION-STAGE-[12] -[io] (\S+) /u;

/** A rule of the layout, in the words of iptables. */
export interface LaidRule {
  readonly chain: string;
  readonly rule: string;
  /** Where a missing one is inserted; it is appended where this is absent. */
  readonly at?: number;
}

/** The chains that a policy needs. */
export function isolationChains({ ingressPolicy }: Attached): string[] {
  return ingressPolicy === "open" ? [] : [STAGE_1, STAGE_2];
}

/** The rules of a policy, in the order in which the reference plugin inserts them. */
export function isolationRules({ bridge, ingressPolicy: policy }: Attached): LaidRule[] {
  if (policy === "open" || bridge === undefined) return [];
  const last = `${comment(BOTH)} -j RETURN`;
  const across = `-i ${bridge} ! -o ${bridge} ${comment(policy)} -j ${STAGE_2}`;
  const back = `-i ${bridge} -o ${bridge} ${comment(policy)} -j DROP`;
  return [
    { chain: "FORWARD", rule: `${comment(BOTH)} -j ${STAGE_1}`, at: 1 },
    { chain: STAGE_1, rule: across, at: 1 },
    ...(policy === "isolated" ? [{ chain: STAGE_1, rule: back, at: 1 }] : []),
    { chain: STAGE_1, rule: last },
    { chain: STAGE_2, rule: `-o ${bridge} ${comment(BOTH)} -j DROP`, at: 1 },
    { chain: STAGE_2, rule: last },
  ];
}

/** Removes the rules of bridges that do not exist any more; chains and what others share stay. */
export async function removeGoneIsolation(scene: Scene): Promise<void> {
  const isOfGone = (bridge: string | undefined): boolean =>
    bridge !== undefined && isGone(scene.namespaces, bridge);
  for (const family of [4, 6] as const) {
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

function comment(policy: string): string {
  return `-m comment --comment ${quote(`CNI firewall plugin rules (ingressPolicy: ${policy})`)}`;
}
