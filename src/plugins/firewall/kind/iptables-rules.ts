import { type Ip, Prefix } from "../../../addr/index.ts";
import {
  addressComparisons,
  type Nftables,
  ruleTarget,
  ruleVerdict,
} from "../../../kernel/nftables/index.ts";
import type { Scene } from "../../../state/index.ts";
import { nftFamily, quote } from "../../../state/iptables/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import { changeFilter, FILTER, filterLines, underFirewallLock } from "./filter-table.ts";
import { isolationChains, isolationRules, type LaidRule } from "./iptables-isolation.ts";
import { type Attached, familiesOf } from "./part.ts";

/** The chain of the reference plugin's layout that all containers' rules stand in. */
export const FORWARD = "CNI-FORWARD";
const RULES = "CNI firewall plugin rules";
const OVERRIDES = "CNI firewall plugin admin overrides";

/** Writes the reference plugin's layout: one process for each family that is used. */
export async function makeIptablesRules(
  { namespaces, ctx: { env } }: Scene,
  attached: Attached,
): Promise<void> {
  for (const family of familiesOf(attached.addresses)) {
    const missing = missingWhereLaid(nftables(namespaces), family, attached);
    if (missing !== undefined) {
      await changeFilter(family, missing, { env });
      continue;
    }
    await underFirewallLock(env, async () => {
      const present = await filterLines(family, { env });
      await changeFilter(family, missingLines(attached, family, present), { env });
    });
  }
}

/**
 * What is missing of the layout in these lines of iptables-save, as iptables-restore takes it.
 * Chains are not declared, as that would empty one that another program has made since.
 */
export function missingLines(
  attached: Attached,
  family: 4 | 6,
  present: readonly string[],
): string[] {
  const chains = [FORWARD, attached.adminChain, ...isolationChains(attached)];
  const rules: LaidRule[] = [
    { chain: "FORWARD", rule: `${comment(RULES)} -j ${FORWARD}`, at: behindDocker(present) },
    { chain: FORWARD, rule: `${comment(OVERRIDES)} -j ${attached.adminChain}`, at: 1 },
    ...isolationRules(attached),
    ...ofFamily(attached, family).flatMap(addressRules),
  ];
  return [
    ...chains
      .filter((name) => !present.some((line) => line.startsWith(`:${name} `)))
      .map((name) => `-N ${name}`),
    ...rules
      .filter((rule) => !present.includes(lineOf(rule)))
      .map((each) =>
        each.at === undefined ? lineOf(each) : `-I ${each.chain} ${each.at} ${each.rule}`,
      ),
  ];
}

/** The lines of iptables-save with the rules for an address. */
export function addressLines(ip: Ip): string[] {
  return addressRules(ip).map(lineOf);
}

/**
 * The container's rules that are missing where nftables shows the shared chains and the ways to
 * them; undefined where something of these is to be made first, or is not to be seen.
 */
function missingWhereLaid(nft: Nftables, family: 4 | 6, attached: Attached): string[] | undefined {
  if (attached.ingressPolicy !== "open") return undefined;
  const id = nftFamily(family);
  const rules = nft.listRules(id, FILTER, FORWARD);
  if (ruleTarget(rules[0] ?? { expressions: [] }) !== attached.adminChain) return undefined;
  const ways = nft.listRules(id, FILTER, "FORWARD");
  if (!ways.some((rule) => ruleTarget(rule) === FORWARD)) return undefined;
  const present = new Set(
    rules
      .filter((rule) => ruleVerdict(rule)?.verdict === "accept")
      .flatMap(addressComparisons)
      .map(({ side, prefix }) => `${side} ${prefix.toString()}`),
  );
  return ofFamily(attached, family).flatMap((ip) => {
    const [answers, own] = addressRules(ip);
    const [to, from] = ["daddr", "saddr"].map((side) =>
      present.has(`${side} ${Prefix.ofHost(ip)}`),
    );
    return [...(to ? [] : [lineOf(answers)]), ...(from ? [] : [lineOf(own)])];
  });
}

/** Answers to the container, and what it sends. */
function addressRules(ip: Ip): [LaidRule, LaidRule] {
  const address = Prefix.ofHost(ip).toString();
  const known = "-m conntrack --ctstate RELATED,ESTABLISHED";
  return [
    { chain: FORWARD, rule: `-d ${address} ${known} -j ACCEPT` },
    { chain: FORWARD, rule: `-s ${address} -j ACCEPT` },
  ];
}

function ofFamily({ addresses }: Attached, family: 4 | 6): Ip[] {
  return addresses.filter((ip) => ip.family === family);
}

function lineOf({ chain, rule }: LaidRule): string {
  return `-A ${chain} ${rule}`;
}

/** Docker lets its users decide first; so does this layout. */
function behindDocker(present: readonly string[]): number {
  const rules = present.filter((line) => line.startsWith("-A FORWARD "));
  return rules.findLastIndex((line) => line.endsWith("-j DOCKER-USER")) + 2;
}

function comment(text: string): string {
  return `-m comment --comment ${quote(text)}`;
}
