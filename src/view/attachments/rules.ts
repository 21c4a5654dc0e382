/** The packet filter's rules and elements that are there for one attachment. */
import { Ip } from "../../addr/index.ts";
import {
  type Element,
  isVerdict,
  Nftables,
  type NftSet,
  ruleComment,
  ruleTarget,
  split,
  type Table,
} from "../../kernel/nftables/index.ts";
import type { Attachment } from "../../spec/index.ts";
import {
  legacySnatChain,
  masqueradeChain,
  masqueradeInstance,
  portChain,
} from "../../state/iptables/index.ts";
import { ownerComment } from "../../state/owner/index.ts";
import { type OnProblem, orProblem } from "../sources/index.ts";

/** A rule, or an element of a set or map. */
export interface SeenRule {
  /** Family, table, and set or chain. */
  readonly place: string;
  readonly text: string;
}

const SOURCE = "the kernel's packet filter";
const OWN = /^hawser_/u;
/** Where the reference plugins write: by iptables through nftables, and by nftables itself. */
const REFERENCE = /^(?:nat|filter|cni_\w+)$/u;

/** Ours by their marks; those of the reference plugins by names and comments that identity gives. */
export function rulesOf(owner: Attachment, onProblem: OnProblem): SeenRule[] {
  const found = orProblem(SOURCE, onProblem, () => {
    using nft = Nftables.open();
    return nft.listTables().flatMap((table) => {
      if (OWN.test(table.name)) return ownElements(nft, table, ownerComment(owner));
      return REFERENCE.test(table.name) ? referenceRules(nft, table, owner) : [];
    });
  });
  return found ?? [];
}

function ownElements(nft: Nftables, { family, name }: Table, mark: string): SeenRule[] {
  const elements = nft.listSets(family, name).flatMap((set) =>
    nft.listElements(family, name, set.name, { comment: mark }).map((element) => ({
      place: `${family} ${name} ${set.name}`,
      text: elementText(set, element),
    })),
  );
  const rules = nft
    .listRules(family, name)
    .filter((rule) => ruleComment(rule) === mark)
    .map(({ chain }) => ({ place: `${family} ${name} ${chain}`, text: "a rule with its mark" }));
  return [...elements, ...rules];
}

function referenceRules(nft: Nftables, { family, name }: Table, owner: Attachment): SeenRule[] {
  const { network, containerId, ifName } = owner;
  const chains = new Set([
    portChain(network, containerId),
    masqueradeChain(network, containerId),
    legacySnatChain(network, containerId),
  ]);
  const instance = masqueradeInstance(network, containerId, ifName);
  const isIts = (comment: string): boolean =>
    comment.includes(`id: "${containerId}"`) || comment.startsWith(instance);
  return nft.listRules(family, name).flatMap((rule) => {
    const comment = ruleComment(rule) ?? "";
    const target = ruleTarget(rule) ?? "";
    if (!chains.has(rule.chain) && !chains.has(target) && !isIts(comment)) return [];
    const goes = target === "" ? "" : `to ${target}`;
    const text = [goes, comment].filter((each) => each !== "").join(", ") || "a rule";
    return [{ place: `${family} ${name} ${rule.chain}`, text }];
  });
}

const PROTOCOLS: Readonly<Record<number, string>> = { 6: "tcp", 17: "udp", 132: "sctp" };

/** `tcp . 8080 : 10.1.0.2 . 80`, as nft prints elements. */
function elementText({ key, data }: NftSet, element: Element): string {
  const left = valueText(element.key, key);
  if (element.data === undefined) return left;
  if (isVerdict(element.data)) return `${left} : ${element.data.verdict}`;
  return `${left} : ${valueText(element.data, data === "verdict" ? undefined : data)}`;
}

function valueText(bytes: Uint8Array, parts: NftSet["key"]): string {
  if (parts === undefined) return `0x${Buffer.from(bytes).toString("hex")}`;
  return split(bytes, parts)
    .map((value, at) => partText(value, parts[at] ?? ""))
    .join(" . ");
}

function partText(value: Uint8Array, type: string): string {
  const bytes = Buffer.from(value);
  if (type === "ipv4_addr" || type === "ipv6_addr") return Ip.fromBytes(value).toString();
  if (type === "inet_proto") return PROTOCOLS[bytes[0] ?? 0] ?? String(bytes[0]);
  if (type === "inet_service") return String(bytes.readUInt16BE(0));
  if (type === "ether_addr") return bytes.toString("hex").replaceAll(/(..)(?=.)/gu, "$1:");
  if (type === "ifname") return bytes.toString("utf8").replaceAll("\0", "");
  return `0x${bytes.toString("hex")}`;
}
