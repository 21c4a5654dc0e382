import type { Prefix } from "../../addr/index.ts";
import type { Nftables } from "../../kernel/nftables/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import {
  iptablesComment,
  legacySnatChain,
  portChain,
  quote,
  removeChains,
  restore,
  save,
} from "../iptables/index.ts";
import { at, type Target, targetText } from "./mapping.ts";

type Env = Readonly<Record<string, string>>;

const FAMILIES = [4, 6] as const;
const DNAT = "CNI-HOSTPORT-DNAT";
const SETMARK = "CNI-HOSTPORT-SETMARK";
const MASQ = "CNI-HOSTPORT-MASQ";
/** xt_multiport holds this many ports. */
const PORTS_MAX = 15;
const ANYWHERE = { 4: "0.0.0.0/0", 6: "::/0" } as const;

/** What the reference plugins' iptables layout is made of. */
export interface IptablesPorts {
  readonly owner: Attachment;
  readonly targets: readonly Target[];
  /** The container's addresses with the length of their subnets. */
  readonly subnets: readonly Prefix[];
  readonly snat: boolean;
  readonly masqAll: boolean;
  readonly markBit: number;
  /** A chain of somebody else that marks for masquerading. */
  readonly setMarkChain: string | undefined;
  readonly conditions: Readonly<Record<4 | 6, readonly string[]>>;
}

/** Writes the layout: a family takes one look at the table and one process that changes it. */
export async function addIptables(ports: IptablesPorts, env: Env): Promise<void> {
  for (const family of FAMILIES) {
    const targets = ports.targets.filter(({ address }) => address.family === family);
    if (targets.length === 0) continue;
    const present = (await save(family, "nat", { env })).split("\n");
    const lines = [...sharedLines(ports, present), ...ownLines(ports, family, targets, present)];
    await restore(family, ["*nat", ...lines, "COMMIT", ""].join("\n"), { env });
  }
}

/** Removes the layout of one container; the shared chains stay, as others use them. */
export async function removeIptables(nft: Nftables, owner: Attachment, env: Env): Promise<void> {
  const { network, containerId } = owner;
  const from = [DNAT, "CNI-HOSTPORT-SNAT"];
  const chains = [portChain(network, containerId), legacySnatChain(network, containerId)];
  await removeChains(nft, { table: "nat", chains, from }, env);
}

/** Compares every rule of the container with the promised ones. */
export async function checkIptables(ports: IptablesPorts, env: Env): Promise<void> {
  const chain = portChain(ports.owner.network, ports.owner.containerId);
  for (const family of FAMILIES) {
    const targets = ports.targets.filter(({ address }) => address.family === family);
    if (targets.length === 0) continue;
    const present = (await save(family, "nat", { env })).split("\n");
    if (!present.some((line) => line.startsWith(`-A ${DNAT} `) && line.endsWith(`-j ${chain}`))) {
      throw differs(`iptables: no rule of ${DNAT} leads to chain ${chain}`);
    }
    for (const target of targets) {
      const end = `-j DNAT --to-destination ${at(target.address, target.mapping.containerPort)}`;
      const port = `--dport ${target.mapping.hostPort} `;
      const isRule = (line: string): boolean =>
        line.startsWith(`-A ${chain} `) && line.includes(port) && line.endsWith(end);
      if (!present.some(isRule)) {
        throw differs(`iptables: chain ${chain} does not map ${targetText(target)}`);
      }
    }
  }
}

/** Chains and rules that all containers share, as far as they are missing. */
function sharedLines(ports: IptablesPorts, present: readonly string[]): string[] {
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
      .map((chain) => `:${chain} - [0:0]`),
    ...rules.filter(missing),
    ...inserted.filter(missing).map((line) => line.replace("-A POSTROUTING", "-I POSTROUTING 1")),
  ];
}

/** The container's own chain, emptied if a crash left one, and the rules that lead to it. */
function ownLines(
  ports: IptablesPorts,
  family: 4 | 6,
  targets: readonly Target[],
  present: readonly string[],
): string[] {
  const { network, containerId } = ports.owner;
  const chain = portChain(network, containerId);
  const stale = present.filter(
    (line) => line.startsWith(`-A ${DNAT} `) && line.endsWith(`-j ${chain}`),
  );
  const comment = `-m comment --comment ${quote(iptablesComment(network, containerId, "dnat "))}`;
  const conditions = ports.conditions[family].map(word).join(" ");
  const entries = entryPorts(targets).map(
    ({ protocol, list }) =>
      `-A ${DNAT} -p ${protocol} ${comment} -m multiport --destination-ports ${list} ` +
      `${conditions}${conditions === "" ? "" : " "}-j ${chain}`,
  );
  return [
    ...stale.map((line) => line.replace(/^-A/u, "-D")),
    `:${chain} - [0:0]`,
    ...entries,
    ...targets.flatMap((target) => targetLines(ports, chain, target)),
  ];
}

/** Ports by protocol, in portions that one rule can hold. */
function entryPorts(targets: readonly Target[]): { protocol: string; list: string }[] {
  const protocols = [...new Set(targets.map(({ mapping }) => mapping.protocol))].toSorted();
  return protocols.flatMap((protocol) => {
    const ports = targets
      .filter(({ mapping }) => mapping.protocol === protocol)
      .map(({ mapping }) => mapping.hostPort);
    const portions: { protocol: string; list: string }[] = [];
    for (let start = 0; start < ports.length; start += PORTS_MAX) {
      portions.push({ protocol, list: ports.slice(start, start + PORTS_MAX).join(",") });
    }
    return portions;
  });
}

function targetLines(ports: IptablesPorts, chain: string, target: Target): string[] {
  const { mapping, address, hostIp } = target;
  const family = address.family;
  const only = hostIp === undefined ? "" : ` -d ${hostIp.toString()}`;
  const match = `-A ${chain} -p ${mapping.protocol}${only} --dport ${mapping.hostPort}`;
  const lines: string[] = [];
  if (ports.snat) {
    const mark = ports.setMarkChain ?? SETMARK;
    const subnet = ports.subnets.find(({ ip }) => ip.equals(address));
    const source = ports.masqAll ? ANYWHERE[family] : (subnet?.toString() ?? address.toString());
    lines.push(`${match} -s ${source} -j ${mark}`);
    if (family === 4 && !ports.masqAll) lines.push(`${match} -s 127.0.0.1 -j ${mark}`);
  }
  lines.push(`${match} -j DNAT --to-destination ${at(address, mapping.containerPort)}`);
  return lines;
}

/** A word of a condition, quoted where iptables-restore would take it for several. */
function word(text: string): string {
  return /^[\w.:/,!-]+$/u.test(text) ? text : quote(text);
}
