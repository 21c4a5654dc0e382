import { Ip } from "../../../addr/index.ts";
import {
  addressComparisons,
  type Expression,
  IpProto,
  MetaKey,
  type Nftables,
  PayloadBase,
  type Rule,
  ruleComment,
  ruleTarget,
  type XtMatch,
  type XtTarget,
} from "../../../kernel/nftables/index.ts";
import { nftFamily, presentTables } from "../../../state/iptables/index.ts";
import { DNAT } from "./iptables.ts";
import { PROTOCOLS, type Protocol, type Target } from "./mapping.ts";
import { loaded, TABLE } from "./nftables.ts";
import { portsLayout, targetOfElement } from "./own.ts";

// What leads ports of the host to containers now, whichever implementation made it.

/** A mapping of the kernel, and whose it is by what stands on it. */
export interface FoundPort {
  readonly layout: "own" | "iptables" | "nftables";
  readonly target: Target;
  /** The mark of our own layout: an attachment's. */
  readonly mark?: string;
  /** The chain of the container, of the iptables layout. */
  readonly chain?: string;
  /** As far as a rule names them; a long name may be cut. */
  readonly network?: string;
  readonly containerId?: string;
}

/** All mappings in a namespace's nftables, iptables-nft's among them. Looks only. */
export function foundPorts(nft: Nftables): FoundPort[] {
  const hasTable = presentTables(nft);
  const { family, table } = portsLayout;
  const own = hasTable(family, table) ? ownPorts(nft) : [];
  const others = ([4, 6] as const).flatMap((version) => {
    const id = nftFamily(version);
    return [
      ...(hasTable(id, "nat") ? iptablesPorts(nft, version) : []),
      ...(hasTable(id, TABLE) ? nftablesPorts(nft, version) : []),
    ];
  });
  return [...own, ...others];
}

function ownPorts(nft: Nftables): FoundPort[] {
  const { family, table } = portsLayout;
  return nft.listSets(family, table).flatMap(({ name }) =>
    // Sets that are no map of ports have other elements.
    !/^host(ports|ips)[46]$/u.test(name)
      ? []
      : nft.listElements(family, table, name).flatMap(({ key, data, comment: mark = "" }) => {
          const target = targetOfElement(name, key, data);
          return target === undefined ? [] : [{ layout: "own" as const, target, mark }];
        }),
  );
}

/** The rules that lead to containers name them, the containers' chains have the mappings. */
function iptablesPorts(nft: Nftables, version: 4 | 6): FoundPort[] {
  const family = nftFamily(version);
  const found: FoundPort[] = [];
  const chains = new Map<string, Pick<FoundPort, "network" | "containerId">>();
  for (const rule of nft.listRules(family, "nat", DNAT)) {
    const chain = ruleTarget(rule);
    if (chain !== undefined) chains.set(chain, namesIn(ruleComment(rule) ?? ""));
  }
  for (const [chain, names] of chains) {
    for (const rule of nft.listRules(family, "nat", chain)) {
      const target = targetOfRule(rule, version);
      if (target !== undefined) found.push({ layout: "iptables", target, chain, ...names });
    }
  }
  return found;
}

/** The reference plugin's layout of backend "nftables": a comment names the container. */
function nftablesPorts(nft: Nftables, version: 4 | 6): FoundPort[] {
  return nft.listRules(nftFamily(version), TABLE, "hostports").flatMap((rule) => {
    const target = targetOfRule(rule, version);
    if (target === undefined) return [];
    const { comment: containerId } = rule;
    return [{ layout: "nftables" as const, target, ...(containerId && { containerId }) }];
  });
}

function namesIn(comment: string): Pick<FoundPort, "network" | "containerId"> {
  const [, network, containerId] = /^dnat name: "(.*?)" id: "(.*)"$/su.exec(comment) ?? [];
  return network === undefined || containerId === undefined ? {} : { network, containerId };
}

/** A rule that leads one port to one container; undefined for any other. */
function targetOfRule(rule: Rule, version: 4 | 6): Target | undefined {
  const to = destinationOf(rule, version);
  const port = portOf(rule.expressions);
  if (to === undefined || port === undefined) return undefined;
  const only = addressComparisons(rule).find(({ side, negated }) => side === "daddr" && !negated);
  const hostIp = only?.prefix.ip;
  const mapping = { ...port, containerPort: to.port ?? port.hostPort, hostIp };
  return { mapping, address: to.address, hostIp };
}

interface Destination {
  readonly address: Ip;
  readonly port: number | undefined;
}

function destinationOf({ expressions }: Rule, version: 4 | 6): Destination | undefined {
  for (const each of expressions) {
    if (each.kind === "nat" && each.type === "dnat") {
      const address = loaded(expressions, each.addressMin);
      const port = each.portMin === undefined ? undefined : loaded(expressions, each.portMin);
      if (address === undefined) return undefined;
      return { address: Ip.fromBytes(address), port: port && readPort(port, 0) };
    }
    if (each.kind === "target" && each.name === "DNAT") return destinationOfTarget(each, version);
  }
  return undefined;
}

/** `struct nf_nat_range` has 16 bytes for each address; that of revision 0 is IPv4's older one. */
function destinationOfTarget(
  { revision, info }: XtTarget,
  version: 4 | 6,
): Destination | undefined {
  const at = revision === 0 ? { address: 8, port: 16 } : { address: 4, port: 36 };
  const length = version === 4 ? 4 : 16;
  if (info.length < at.port + 2) return undefined;
  const address = Ip.fromBytes(info.slice(at.address, at.address + length));
  const port = readPort(info, at.port);
  return { address, port: port === 0 ? undefined : port };
}

/** The one port of the host that a rule is about, with its protocol. */
function portOf(
  expressions: readonly Expression[],
): { readonly protocol: Protocol; readonly hostPort: number } | undefined {
  for (const [at, each] of expressions.entries()) {
    if (each.kind === "match") {
      const found = portOfMatch(each);
      if (found !== undefined) return found;
    }
    const isPort = each.kind === "payload" && each.base === PayloadBase.TRANSPORT;
    if (!isPort || each.offset !== 2 || each.length !== 2) continue;
    const cmp = expressions[at + 1];
    const protocol = protocolOf(expressions);
    if (cmp?.kind !== "cmp" || cmp.op !== "==" || protocol === undefined) return undefined;
    return { protocol, hostPort: readPort(cmp.data, 0) };
  }
  return undefined;
}

/** `struct xt_tcp` and `struct xt_udp`: source ports from and to, destination ports from and to. */
function portOfMatch({
  name,
  info,
}: XtMatch): { readonly protocol: Protocol; readonly hostPort: number } | undefined {
  const protocol = PROTOCOLS.find((each) => each === name);
  if (protocol === undefined || info.length < 8) return undefined;
  const ports = new DataView(info.buffer, info.byteOffset, info.byteLength);
  const [first, last] = [ports.getUint16(4, true), ports.getUint16(6, true)];
  return first === last ? { protocol, hostPort: first } : undefined;
}

/** By the transport's number, from the packet's own header or from the kernel's reading of it. */
function protocolOf(expressions: readonly Expression[]): Protocol | undefined {
  for (const [at, each] of expressions.entries()) {
    const isMeta = each.kind === "meta" && each.key === MetaKey.L4PROTO;
    const isHeader =
      each.kind === "payload" && each.base === PayloadBase.NETWORK && each.length === 1;
    if (!isMeta && !isHeader) continue;
    const cmp = expressions[at + 1];
    const number = cmp?.kind === "cmp" ? cmp.data[0] : undefined;
    const protocol = PROTOCOLS.find((name) => IpProto[name] === number);
    if (protocol !== undefined) return protocol;
  }
  return undefined;
}

function readPort(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
