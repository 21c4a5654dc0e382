/** The packet filter's rules and elements that plugins have made, and whose they are. */
import { Ip } from "../../addr/index.ts";
import {
  type Element,
  isVerdict,
  Nftables,
  type NftSet,
  ruleComment,
  ruleLine,
  ruleText,
  split,
  type Table,
} from "../../kernel/nftables/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { isPluginTable } from "../../state/iptables/index.ts";
import { type OnProblem, orProblem } from "../sources/index.ts";
import { type Addressed, RuleOwners } from "./rule-owners.ts";

/** A rule, or an element of a set or map. */
export interface SeenRule {
  /** Family, table, and set or chain. */
  readonly place: string;
  readonly text: string;
}

/** A rule with the attachments that it is for, where they are known. */
export interface OwnedRule extends SeenRule {
  readonly owners: readonly Attachment[];
}

const SOURCE = "the kernel's packet filter";
const OWN = /^hawser_/u;

/** All that plugins have made, each with its owners; every set and chain is read once. */
export function allRules(attachments: readonly Addressed[], onProblem: OnProblem): OwnedRule[] {
  return read(new RuleOwners(attachments), "all", onProblem);
}

/** What is there for these attachments alone: ours by its marks, the reference plugins' by names and comments. */
export function rulesFor(attachments: readonly Addressed[], onProblem: OnProblem): OwnedRule[] {
  return read(new RuleOwners(attachments), "owned", onProblem);
}

type Wanted = "all" | "owned";

function read(owners: RuleOwners, wanted: Wanted, onProblem: OnProblem): OwnedRule[] {
  const found = orProblem(SOURCE, onProblem, () => {
    using nft = Nftables.open();
    return nft.listTables().flatMap((table) => {
      if (OWN.test(table.name)) return ofHawser(nft, table, owners, wanted);
      return isPluginTable(table.name) ? ofReference(nft, table, owners) : [];
    });
  });
  return found ?? [];
}

function ofHawser(
  nft: Nftables,
  { family, name }: Table,
  marks: RuleOwners,
  wanted: Wanted,
): OwnedRule[] {
  const isWanted = (owners: readonly Attachment[]): boolean =>
    wanted === "all" || owners.length > 0;
  const elements = nft.listSets(family, name).flatMap((set) =>
    nft.listElements(family, name, set.name).flatMap((element) => {
      const owners = marks.ofMark(element.comment);
      const place = `${family} ${name} ${set.name}`;
      return isWanted(owners) ? [{ place, text: elementText(set, element), owners }] : [];
    }),
  );
  const rules = nft.listRules(family, name).flatMap((rule) => {
    const owners = marks.ofMark(ruleComment(rule));
    if (!isWanted(owners)) return [];
    // The mark says whose it is, as the owner beside it does.
    const text = owners.length > 0 ? ruleText(rule) : ruleLine(rule);
    return [{ place: `${family} ${name} ${rule.chain}`, text, owners }];
  });
  return [...elements, ...rules];
}

/** Among rules of all kinds, those that names of these attachments lead to. */
function ofReference(nft: Nftables, { family, name }: Table, names: RuleOwners): OwnedRule[] {
  return nft.listRules(family, name).flatMap((rule) => {
    const owners = names.ofReference(rule);
    if (owners.length === 0) return [];
    return [{ place: `${family} ${name} ${rule.chain}`, text: ruleLine(rule), owners }];
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
