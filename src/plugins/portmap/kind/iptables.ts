import type { Prefix } from "../../../addr/index.ts";
import type { Nftables } from "../../../kernel/nftables/index.ts";
import type { Attachment } from "../../../spec/index.ts";
import {
  type ContainerChains,
  foundChains,
  type HasTable,
  iptablesComment,
  legacySnatChain,
  portChain,
  quote,
  removeChains,
  restore,
  save,
  underLock,
} from "../../../state/iptables/index.ts";
import { at, type PortMapping, type Target } from "./mapping.ts";

type Env = Readonly<Record<string, string>>;

/** The chain that all entry rules stand in. */
export const DNAT = "CNI-HOSTPORT-DNAT";
const SETMARK = "CNI-HOSTPORT-SETMARK";
const MASQ = "CNI-HOSTPORT-MASQ";
/** xt_multiport holds this many ports. */
const PORTS_MAX = 15;
const ANYWHERE = { 4: "0.0.0.0/0", 6: "::/0" } as const;

/** What the reference plugins' iptables layout is made of. */
export interface IptablesPorts {
  readonly owner: Attachment;
  /** All mappings: the rules that lead to the container's chain name also those of other families. */
  readonly mappings: readonly PortMapping[];
  readonly targets: readonly Target[];
  /** The container's address of each family, with the length of its subnet. */
  readonly containers: readonly Prefix[];
  readonly snat: boolean;
  readonly masqAll: boolean;
  readonly markBit: number;
  /** A chain of another program that marks for masquerading. */
  readonly setMarkChain: string | undefined;
  readonly conditions: Readonly<Record<4 | 6, readonly string[]>>;
}

/**
 * Writes the layout: a family takes one look at the table and one process that changes it.
 * @param lock A file that is locked while chains and rules are made that all containers share.
 */
export async function addIptables(ports: IptablesPorts, env: Env, lock: string): Promise<void> {
  for (const { ip } of ports.containers) {
    const look = async (): Promise<string[]> => (await save(ip.family, "nat", { env })).split("\n");
    const write = async (present: readonly string[]): Promise<void> => {
      const lines = [...sharedLines(ports, present), ...ownLines(ports, ip.family, present)];
      await restore(ip.family, ["*nat", ...lines, "COMMIT", ""].join("\n"), { env });
    };
    const present = await look();
    if (sharedLines(ports, present).length === 0) await write(present);
    else await underLock(lock, async () => await write(await look()));
  }
}

/** Removes the layout of one container; the shared chains stay, as others use them. */
export async function removeIptables(
  nft: Nftables,
  owner: Attachment,
  env: Env,
  hasTable?: HasTable,
): Promise<void> {
  await removeChains(nft, chainsOf(owner), env, hasTable);
}

/** What there is of one container's layout, for people. */
export async function foundIptables(nft: Nftables, owner: Attachment, env: Env): Promise<string[]> {
  return await foundChains(nft, chainsOf(owner), env);
}

function chainsOf({ network, containerId }: Attachment): ContainerChains {
  const from = [DNAT, "CNI-HOSTPORT-SNAT"];
  const chains = [portChain(network, containerId), legacySnatChain(network, containerId)];
  return { table: "nat", chains, from };
}

/** Chains and rules that all containers share, as far as they are missing. */
export function sharedLines(ports: IptablesPorts, present: readonly string[]): string[] {
  const missing = (line: string): boolean => !present.includes(line);
  const chains: string[] = [DNAT];
  const rules = [
    `-A PREROUTING -m addrtype --dst-type LOCAL -j ${DNAT}`,
    `-A OUTPUT -m addrtype --dst-type LOCAL -j ${DNAT}`,
  ];
  const inserted: string[] = [];
  if (ports.snat && ports.setMarkChain === undefined) {
    const mark = `0x${(2 ** ports.markBit).toString(16)}`;
    const comment = (text: string): string => `-m comment --comment ${quote(text)}`;
    chains.push(SETMARK, MASQ);
    rules.push(
      `-A ${SETMARK} ${comment("CNI portfwd masquerade mark")} -j MARK --set-xmark ${mark}/${mark}`,
      `-A ${MASQ} -m mark --mark ${mark}/${mark} -j MASQUERADE`,
    );
    inserted.push(`-A POSTROUTING ${comment("CNI portfwd requiring masquerade")} -j ${MASQ}`);
  }
  return [
    ...chains
      .filter((chain) => !present.some((line) => line.startsWith(`:${chain} `)))
      // Not declared, as that would empty one that another program has made since.
      .map((chain) => `-N ${chain}`),
    ...rules.filter(missing),
    ...inserted.filter(missing).map((line) => line.replace("-A POSTROUTING", "-I POSTROUTING 1")),
  ];
}

/** The container's own chain, emptied if a crash left one, and the rules that lead to it. */
function ownLines(ports: IptablesPorts, family: 4 | 6, present: readonly string[]): string[] {
  const { network, containerId } = ports.owner;
  const chain = portChain(network, containerId);
  const stale = present.filter(
    (line) => line.startsWith(`-A ${DNAT} `) && line.endsWith(`-j ${chain}`),
  );
  const comment = `-m comment --comment ${quote(iptablesComment(network, containerId, "dnat "))}`;
  const conditions = ports.conditions[family].map(word).join(" ");
  const entries = entryPorts(ports.mappings).map(
    ({ protocol, list }) =>
      `-A ${DNAT} -p ${protocol} ${comment} -m multiport --destination-ports ${list} ` +
      `${conditions}${conditions === "" ? "" : " "}-j ${chain}`,
  );
  return [
    ...stale.map((line) => line.replace(/^-A/u, "-D")),
    `:${chain} - [0:0]`,
    ...entries,
    ...targetsIn(ports, family).flatMap((target) => targetLines(ports, chain, target)),
  ];
}

/** The targets of one family. */
export function targetsIn(ports: IptablesPorts, family: 4 | 6): Target[] {
  return ports.targets.filter(({ address }) => address.family === family);
}

/** Ports by protocol, in portions that one rule can hold. */
export function entryPorts(mappings: readonly PortMapping[]): { protocol: string; list: string }[] {
  const protocols = [...new Set(mappings.map(({ protocol }) => protocol))].toSorted();
  return protocols.flatMap((protocol) => {
    const ports = mappings
      .filter((mapping) => mapping.protocol === protocol)
      .map(({ hostPort }) => hostPort);
    const portions: { protocol: string; list: string }[] = [];
    for (let start = 0; start < ports.length; start += PORTS_MAX) {
      portions.push({ protocol, list: ports.slice(start, start + PORTS_MAX).join(",") });
    }
    return portions;
  });
}

/** One rule of a container's chain. */
export interface TargetRule {
  /** Connections from there only. */
  readonly source?: string;
  readonly jump: string;
}

/** The rules of a target in their order: masquerading comes before the translation. */
export function targetRules(ports: IptablesPorts, { address, mapping }: Target): TargetRule[] {
  const rules: TargetRule[] = [];
  const { family } = address;
  if (ports.snat) {
    const jump = ports.setMarkChain ?? SETMARK;
    const container = ports.containers.find(({ ip }) => ip.equals(address));
    const source = container?.toString() ?? address.toString();
    rules.push({ source: ports.masqAll ? ANYWHERE[family] : source, jump });
    if (family === 4 && !ports.masqAll) rules.push({ source: "127.0.0.1", jump });
  }
  return [...rules, { jump: `DNAT --to-destination ${at(address, mapping.containerPort)}` }];
}

function targetLines(ports: IptablesPorts, chain: string, target: Target): string[] {
  const { mapping, hostIp } = target;
  const only = hostIp === undefined ? "" : ` -d ${hostIp.toString()}`;
  const match = `-A ${chain} -p ${mapping.protocol}${only} --dport ${mapping.hostPort}`;
  return targetRules(ports, target).map(
    ({ source, jump }) => `${match}${source === undefined ? "" : ` -s ${source}`} -j ${jump}`,
  );
}

/** A word of a condition, quoted where iptables-restore would take it for several. */
function word(text: string): string {
  return /^[\w.:/,!-]+$/u.test(text) ? text : quote(text);
}
