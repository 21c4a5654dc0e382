import type { Ip } from "../../../addr/index.ts";
import {
  addressComparisons,
  type Nftables,
  ruleTarget,
  ruleVerdict,
} from "../../../kernel/nftables/index.ts";
import type { Scene } from "../../../state/index.ts";
import { nftFamily, quote } from "../../../state/iptables/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import type { IngressPolicy } from "../config.ts";
import { changeFilter, FILTER, filterLines, underFirewallLock } from "./filter-table.ts";
import { isolationLines, isolationRules } from "./iptables-isolation.ts";
import { type Attached, familiesOf, hostPrefix } from "./part.ts";

/** The chain of the reference plugin's layout that all containers' rules stand in. */
export const FORWARD = "CNI-FORWARD";
const RULES = "CNI firewall plugin rules";
const OVERRIDES = "CNI firewall plugin admin overrides";

/** What the layout is made of, for one family. */
export interface IptablesPart {
  readonly addresses: readonly Ip[];
  readonly admin: string;
  readonly bridge: string | undefined;
  readonly policy: IngressPolicy;
}

/** Writes the reference plugin's layout: one process for each family that is used. */
export async function makeIptablesRules(
  { namespaces, ctx: { env } }: Scene,
  attached: Attached,
): Promise<void> {
  for (const family of familiesOf(attached.addresses)) {
    const part = partOf(attached, family);
    const missing = missingWhereLaid(nftables(namespaces), family, part);
    if (missing !== undefined) {
      await changeFilter(family, missing, { env });
      continue;
    }
    await underFirewallLock(env, async () => {
      const present = await filterLines(family, { env });
      const lines = [...sharedLines(part, present), ...ownLines(part, present)];
      await changeFilter(family, lines, { env });
    });
  }
}

export function partOf(
  { addresses, adminChain: admin, ingressPolicy: policy, bridge }: Attached,
  family: 4 | 6,
): IptablesPart {
  return { addresses: addresses.filter((ip) => ip.family === family), admin, bridge, policy };
}

/**
 * The container's rules that are missing where nftables shows the shared chains and the ways to
 * them; undefined where something of these is to be made first, or is not to be seen.
 */
function missingWhereLaid(nft: Nftables, family: 4 | 6, part: IptablesPart): string[] | undefined {
  if (part.policy !== "open") return undefined;
  const id = nftFamily(family);
  const rules = nft.listRules(id, FILTER, FORWARD);
  if (ruleTarget(rules[0] ?? { expressions: [] }) !== part.admin) return undefined;
  if (!nft.listRules(id, FILTER, "FORWARD").some((rule) => ruleTarget(rule) === FORWARD)) {
    return undefined;
  }
  const present = new Set(
    rules
      .filter((rule) => ruleVerdict(rule)?.verdict === "accept")
      .flatMap(addressComparisons)
      .map(({ side, prefix }) => `${side} ${prefix.toString()}`),
  );
  return part.addresses.flatMap((ip) => {
    const isThere = (side: string): boolean => present.has(`${side} ${hostPrefix(ip)}`);
    const [answers, own] = ruleLines(ip);
    return [...(isThere("daddr") ? [] : [answers]), ...(isThere("saddr") ? [] : [own])];
  });
}

/** Chains and rules that containers share, as far as they are missing, as iptables-restore takes them. */
export function sharedLines(part: IptablesPart, present: readonly string[]): string[] {
  const hasChain = (name: string): boolean => present.some((line) => line.startsWith(`:${name} `));
  const comment = (text: string): string => `-m comment --comment ${quote(text)}`;
  const missing = (chain: string, at: number, rule: string): string[] =>
    present.includes(`-A ${chain} ${rule}`) ? [] : [`-I ${chain} ${at} ${rule}`];
  return [
    // Not declared, as that would empty one that somebody else has made since.
    ...[FORWARD, part.admin].filter((name) => !hasChain(name)).map((name) => `-N ${name}`),
    ...missing("FORWARD", behindDocker(present), `${comment(RULES)} -j ${FORWARD}`),
    ...missing(FORWARD, 1, `${comment(OVERRIDES)} -j ${part.admin}`),
    ...isolationLines(part, present),
  ];
}

function ownLines({ addresses }: IptablesPart, present: readonly string[]): string[] {
  return addresses.flatMap(ruleLines).filter((line) => !present.includes(line));
}

/** The first of the rules of the container that is missing in these lines of iptables-save. */
export function missingLine(part: IptablesPart, present: readonly string[]): string | undefined {
  return [...part.addresses.flatMap(ruleLines), ...isolationRules(part)].find(
    (line) => !present.includes(line),
  );
}

/** Answers to the container, and what it sends. */
export function ruleLines(ip: Ip): [string, string] {
  const address = hostPrefix(ip);
  return [
    `-A ${FORWARD} -d ${address} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `-A ${FORWARD} -s ${address} -j ACCEPT`,
  ];
}

/** Docker lets its users speak first; so do we. */
function behindDocker(present: readonly string[]): number {
  const rules = present.filter((line) => line.startsWith("-A FORWARD "));
  return rules.findLastIndex((line) => line.endsWith("-j DOCKER-USER")) + 2;
}
