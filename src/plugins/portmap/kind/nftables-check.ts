import { Ip, type Prefix } from "../../../addr/index.ts";
import {
  addressComparisons,
  type Expression,
  MetaKey,
  type Nftables,
  PayloadBase,
  protoValue,
  type Rule,
  ruleTarget,
} from "../../../kernel/nftables/index.ts";
import { differs } from "../../../state/index.ts";
import { nftFamily, portComment } from "../../../state/iptables/index.ts";
import { PROTOCOLS, targetText } from "./mapping.ts";
import {
  ALL,
  ANYWHERE,
  containerOf,
  loaded,
  masqueradedSources,
  type NftablesPorts,
  TABLE,
  targetsIn,
} from "./nftables.ts";

/** Compares the container's rules with the promised ones, and looks for those that lead there. */
export function checkNftables(nft: Nftables, ports: NftablesPorts): void {
  for (const container of ports.containers) checkFamily(nft, ports, container);
}

function checkFamily(nft: Nftables, ports: NftablesPorts, { ip }: Prefix): void {
  const id = nftFamily(ip.family);
  const leads = { prerouting: ALL, output: ALL, [ALL]: "hostports" };
  for (const [chain, to] of Object.entries(leads)) {
    if (nft.listRules(id, TABLE, chain).some((rule) => ruleTarget(rule) === to)) continue;
    throw differs(`nftables: no rule of chain ${chain} in ${id} ${TABLE} leads to ${to}`);
  }
  const own = (chain: string): Rule[] =>
    nft
      .listRules(id, TABLE, chain)
      .filter(({ comment }) => comment === portComment(ports.owner.containerId));
  const mapped = own("hostports").map(mappingOf);
  for (const target of targetsIn(ports, ip.family)) {
    const wanted = targetText(target);
    if (mapped.includes(wanted)) continue;
    throw differs(`nftables: ${id} ${TABLE} does not map ${wanted}`);
  }
  const masquerading = own("masquerading")
    .filter((rule) => containerOf(rule) === ip.toString())
    .map(sourceOf);
  for (const source of masqueradedSources(ports, ip)) {
    if (masquerading.includes(source)) continue;
    throw differs(`nftables: ${id} ${TABLE} does not masquerade ${source} to ${ip.toString()}`);
  }
}

/** What a rule maps, in the words of `targetText`; undefined for other rules. */
function mappingOf(rule: Rule): string | undefined {
  const { expressions } = rule;
  const hostPort = comparedWith(expressions, (each) => {
    return each.kind === "payload" && each.base === PayloadBase.TRANSPORT && each.offset === 2;
  });
  const protocol = comparedWith(expressions, (each) => {
    return each.kind === "meta" && each.key === MetaKey.L4PROTO;
  });
  const name = PROTOCOLS.find((each) => protoValue(each)[0] === protocol?.[0]);
  const address = containerOf(rule);
  const nat = expressions.find((each) => each.kind === "nat");
  const containerPort = nat?.kind === "nat" ? loaded(expressions, nat.portMin) : undefined;
  if (hostPort === undefined || name === undefined) return undefined;
  if (address === undefined || containerPort === undefined) return undefined;
  const [only] = addressComparisons(rule).filter(({ side }) => side === "daddr");
  const mapping = {
    protocol: name,
    hostPort: portOf(hostPort),
    containerPort: portOf(containerPort),
    hostIp: only?.prefix.ip,
  };
  return targetText({ mapping, address: Ip.parse(address), hostIp: mapping.hostIp });
}

/** What the value that a rule loads in a certain way has to be equal to. */
function comparedWith(
  expressions: readonly Expression[],
  isLoad: (expression: Expression) => boolean,
): Uint8Array | undefined {
  const cmp = expressions[expressions.findIndex(isLoad) + 1];
  return expressions.some(isLoad) && cmp?.kind === "cmp" ? cmp.data : undefined;
}

const portOf = ([high = 0, low = 0]: Uint8Array): number => (high << 8) | low;

function sourceOf(rule: Rule): string {
  const source = addressComparisons(rule).find(({ side }) => side === "saddr");
  if (source === undefined || source.prefix.length === 0) {
    return ANYWHERE[rule.family === "ip" ? 4 : 6];
  }
  return source.prefix.ip.toString();
}
