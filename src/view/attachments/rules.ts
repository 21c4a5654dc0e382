/** The packet filter's rules and elements that are there for one attachment. */
import { Ip } from "../../addr/index.ts";
import {
  type Element,
  isVerdict,
  Nftables,
  type NftSet,
  ruleComment,
  ruleLine,
  ruleTarget,
  ruleText,
  split,
  type Table,
} from "../../kernel/nftables/index.ts";
import type { Attachment } from "../../spec/index.ts";
import {
  isPluginTable,
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

/** A rule with the attachment that it is for, where that is known. */
export interface OwnedRule extends SeenRule {
  readonly owner?: Partial<Attachment>;
}

/** Ours by their marks; those of the reference plugins by names and comments that identity gives. */
export function rulesOf(owner: Attachment, onProblem: OnProblem): SeenRule[] {
  const found = orProblem(SOURCE, onProblem, () => {
    using nft = Nftables.open();
    return nft.listTables().flatMap((table) => {
      if (OWN.test(table.name)) return ownElements(nft, table, ownerComment(owner));
      return isPluginTable(table.name) ? referenceRules(nft, table, owner) : [];
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
    .map((rule) => ({ place: `${family} ${name} ${rule.chain}`, text: ruleText(rule) }));
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
    return [{ place: `${family} ${name} ${rule.chain}`, text: ruleLine(rule) }];
  });
}

/**
 * All that plugins have made, each with its owner; every set and chain is read once. Of the reference
 * plugins' layouts that is what names of these attachments lead to.
 */
export function allRules(attachments: readonly Attachment[], onProblem: OnProblem): OwnedRule[] {
  const owners = new RuleOwners(attachments);
  const found = orProblem(SOURCE, onProblem, () => {
    using nft = Nftables.open();
    return nft.listTables().flatMap((table) => {
      if (OWN.test(table.name)) return allOwn(nft, table, owners);
      return isPluginTable(table.name) ? allReference(nft, table, owners) : [];
    });
  });
  return found ?? [];
}

function allOwn(nft: Nftables, { family, name }: Table, owners: RuleOwners): OwnedRule[] {
  const elements = nft.listSets(family, name).flatMap((set) =>
    nft.listElements(family, name, set.name).map((element) => ({
      place: `${family} ${name} ${set.name}`,
      text: elementText(set, element),
      ...owners.ofMark(element.comment),
    })),
  );
  const rules = nft.listRules(family, name).map((rule) => {
    const owner = owners.ofMark(ruleComment(rule));
    // The mark says whose it is, as the owner beside it does.
    const text = "owner" in owner ? ruleText(rule) : ruleLine(rule);
    return { place: `${family} ${name} ${rule.chain}`, text, ...owner };
  });
  return [...elements, ...rules];
}

function allReference(nft: Nftables, { family, name }: Table, owners: RuleOwners): OwnedRule[] {
  return nft.listRules(family, name).flatMap((rule) => {
    const comment = ruleComment(rule) ?? "";
    const target = ruleTarget(rule) ?? "";
    const owner = owners.ofReference(rule.chain, target, comment);
    if (owner === undefined) return [];
    return [{ place: `${family} ${name} ${rule.chain}`, text: ruleLine(rule), owner }];
  });
}

/** Finds whose a rule is by what stands on it. */
class RuleOwners {
  readonly #attachments: readonly Attachment[];
  readonly #byMark = new Map<string, Attachment>();
  #reference: ReferenceOwners | undefined;

  constructor(attachments: readonly Attachment[]) {
    this.#attachments = attachments;
    for (const { network, containerId, ifName } of attachments) {
      const owner = { network, containerId, ifName };
      this.#byMark.set(ownerComment(owner), owner);
    }
  }

  ofMark(mark: string | undefined): { readonly owner?: Attachment } {
    const owner = mark === undefined ? undefined : this.#byMark.get(mark);
    return owner === undefined ? {} : { owner };
  }

  /** Several digests for each attachment: only where there is such a layout. */
  ofReference(chain: string, target: string, comment: string): Attachment | undefined {
    this.#reference ??= new ReferenceOwners(this.#attachments);
    return this.#reference.of(chain, target, comment);
  }
}

/** By the names and comments of the reference plugins' layouts. */
class ReferenceOwners {
  readonly #byChain = new Map<string, Attachment>();
  readonly #byInstance = new Map<string, Attachment>();
  readonly #byContainer = new Map<string, Attachment>();

  constructor(attachments: readonly Attachment[]) {
    for (const { network, containerId, ifName } of attachments) {
      const owner = { network, containerId, ifName };
      this.#byChain.set(portChain(network, containerId), owner);
      this.#byChain.set(masqueradeChain(network, containerId), owner);
      this.#byChain.set(legacySnatChain(network, containerId), owner);
      this.#byInstance.set(masqueradeInstance(network, containerId, ifName), owner);
      this.#byContainer.set(containerId, owner);
    }
  }

  of(chain: string, target: string, comment: string): Attachment | undefined {
    const [, id = ""] = /id: "([^"]*)"/u.exec(comment) ?? [];
    return (
      this.#byChain.get(chain) ??
      this.#byChain.get(target) ??
      this.#byInstance.get(comment.slice(0, INSTANCE_LENGTH)) ??
      this.#byContainer.get(id)
    );
  }
}

/** Two parts of 16 digits, and what joins them. */
const INSTANCE_LENGTH = 33;

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
