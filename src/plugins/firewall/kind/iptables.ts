import type { Ip } from "../../../addr/index.ts";
import {
  addressComparisons,
  type Nftables,
  ruleTarget,
  ruleVerdict,
} from "../../../kernel/nftables/index.ts";
import { nftFamily, quote, restore, save, underLock } from "../../../state/iptables/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import { stateDirectory } from "../../../state/owner/index.ts";
import { type Firewall, familiesOf } from "./firewall.ts";
import { isolationLines, isolationRules } from "./iptables-isolation.ts";

/** The chain of the reference plugin's layout that all containers' rules stand in. */
export const FORWARD = "CNI-FORWARD";
const TABLE = "filter";
const RULES = "CNI firewall plugin rules";
const OVERRIDES = "CNI firewall plugin admin overrides";

/** What the layout is made of, for one family. */
export interface IptablesPart {
  readonly addresses: readonly Ip[];
  readonly admin: string;
  readonly bridge: string | undefined;
  readonly policy: "open" | "same-bridge" | "isolated";
}

/** Writes the reference plugin's layout: one process for each family that is used. */
export async function addIptables(firewall: Firewall): Promise<void> {
  const { namespaces, env } = firewall;
  for (const family of familiesOf(firewall.addresses)) {
    const part = partOf(firewall, family);
    const write = async (lines: readonly string[]): Promise<void> => {
      if (lines.length === 0) return;
      await restore(family, ["*filter", ...lines, "COMMIT", ""].join("\n"), { env });
    };
    const missing = missingWhereLaid(nftables(namespaces), family, part);
    if (missing !== undefined) {
      await write(missing);
      continue;
    }
    await underLock(`${stateDirectory(env)}/firewall/lock`, async () => {
      const present = (await save(family, TABLE, { env })).split("\n");
      await write([...sharedLines(part, present), ...ownLines(part, present)]);
    });
  }
}

export function partOf({ addresses, settings, bridge }: Firewall, family: 4 | 6): IptablesPart {
  const { adminChain: admin, ingressPolicy: policy } = settings;
  return { addresses: addresses.filter((ip) => ip.family === family), admin, bridge, policy };
}

/**
 * The container's rules that are missing where nftables shows the shared chains and the ways to
 * them; undefined where something of these is to be made first, or is not to be seen.
 */
function missingWhereLaid(nft: Nftables, family: 4 | 6, part: IptablesPart): string[] | undefined {
  if (part.policy !== "open") return undefined;
  const id = nftFamily(family);
  const rules = nft.listRules(id, TABLE, FORWARD);
  if (ruleTarget(rules[0] ?? { expressions: [] }) !== part.admin) return undefined;
  if (!nft.listRules(id, TABLE, "FORWARD").some((rule) => ruleTarget(rule) === FORWARD)) {
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

function hostPrefix(ip: Ip): string {
  return `${ip.toString()}/${ip.family === 4 ? 32 : 128}`;
}
