import { Prefix } from "../../addr/index.ts";
import {
  addressMatch,
  type Batch,
  COMMENT_MAX_BYTES,
  compose,
  goto,
  masquerade,
  type Nftables,
  Priority,
  prefixMatch,
  type Rule,
  verdict,
} from "../../kernel/nftables/index.ts";
import type { Attachment, ValidAttachment } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import { masqueradeInstance } from "../iptables/index.ts";

/** The layout that the reference plugins write for `"ipMasqBackend": "nftables"`. */
const FAMILY = "inet";
const TABLE = "cni_plugins_masquerade";
const place = { family: FAMILY, table: TABLE } as const;
const CHECKS = "masq_checks";
const POSTROUTING = "postrouting";
const MULTICAST = ["224.0.0.0/4", "ff00::/8"];

/** Adds one rule per address, in place of those that an earlier ADD of the attachment left. */
export function addNftables(nft: Nftables, owner: Attachment, addresses: readonly Prefix[]): void {
  const comment = commentOf(owner);
  nft.commitPlanned((batch) => {
    layBase(batch);
    for (const rule of ownRules(nft, owner)) batch.delRule(rule);
    for (const address of addresses) {
      const from = addressMatch(FAMILY, address.ip, "saddr");
      const beyond = prefixMatch(FAMILY, address.network(), "daddr", { negate: true });
      const expressions = compose(from, beyond, masquerade());
      batch.addRule({ ...place, chain: CHECKS, comment, expressions });
    }
  });
}

/** The table and its chains; the base chain is refilled, as the reference plugins do. */
function layBase(batch: Batch): void {
  batch.addTable({
    family: FAMILY,
    name: TABLE,
    comment: "Masquerading for plugins from github.com/containernetworking/plugins",
  });
  batch.addChain({
    ...place,
    name: CHECKS,
    comment: "Masquerade traffic from certain IPs to any (non-multicast) IP outside their subnet",
  });
  const base = { ...place, name: POSTROUTING };
  batch.addChain({
    ...base,
    hook: { type: "nat", hook: "postrouting", priority: Priority.srcnat },
  });
  batch.flushChain(base);
  for (const group of MULTICAST) {
    const expressions = compose(
      prefixMatch(FAMILY, Prefix.parse(group), "daddr"),
      verdict("return"),
    );
    batch.addRule({ ...place, chain: POSTROUTING, expressions });
  }
  batch.addRule({ ...place, chain: POSTROUTING, expressions: compose(goto(CHECKS)) });
}

/** The attachment's rules, for people. */
export function foundNftables(nft: Nftables, owner: Attachment): string[] {
  if (nft.getChain(FAMILY, TABLE, CHECKS) === undefined) return [];
  return ownRules(nft, owner).map(textOf);
}

function textOf({ handle, comment = "" }: Rule): string {
  return `rule ${handle} of chain ${CHECKS}, table ${FAMILY} ${TABLE} (${comment})`;
}

/** Removes the attachment's rules; one question to the kernel where the table is absent. */
export function removeNftables(nft: Nftables, owner: Attachment): void {
  if (nft.getChain(FAMILY, TABLE, CHECKS) === undefined) return;
  nft.commitPlanned((batch) => {
    for (const rule of ownRules(nft, owner)) batch.delRule(rule);
  });
}

/** Compares the rules with the promised ones. */
export function checkNftables(
  nft: Nftables,
  owner: Attachment,
  addresses: readonly Prefix[],
): void {
  const rules = ownRules(nft, owner);
  if (rules.length < addresses.length) {
    throw differs(
      `nftables: ${TABLE} has ${rules.length} rules of this attachment, not ${addresses.length}`,
    );
  }
}

/** Whether a rule of the attachment is there, whichever implementation made it. */
export function hasNftables(nft: Nftables, owner: Attachment): boolean {
  return nft.getChain(FAMILY, TABLE, CHECKS) !== undefined && ownRules(nft, owner).length > 0;
}

/** Removes the rules of the network's attachments that are not valid any more. */
export function collectNftables(
  nft: Nftables,
  network: string,
  valid: readonly ValidAttachment[],
): void {
  if (nft.getChain(FAMILY, TABLE, CHECKS) === undefined) return;
  nft.commitPlanned((batch) => {
    for (const rule of staleRules(nft, network, valid)) batch.delRule(rule);
  });
}

/** What `collectNftables` would remove, for people. */
export function staleNftables(
  nft: Nftables,
  network: string,
  valid: readonly ValidAttachment[],
): string[] {
  if (nft.getChain(FAMILY, TABLE, CHECKS) === undefined) return [];
  return staleRules(nft, network, valid).map(textOf);
}

function staleRules(nft: Nftables, network: string, valid: readonly ValidAttachment[]): Rule[] {
  const instance = (containerId: string, ifName: string): string =>
    masqueradeInstance(network, containerId, ifName);
  const keep = new Set(valid.map(({ containerId, ifName }) => instance(containerId, ifName)));
  const [ofNetwork] = instance("", "").split("-");
  return nft.listRules(FAMILY, TABLE, CHECKS).filter(({ comment = "" }) => {
    const [mark = ""] = comment.split(",");
    return mark.startsWith(`${ofNetwork}-`) && !keep.has(mark);
  });
}

function ownRules(nft: Nftables, owner: Attachment): Rule[] {
  const instance = masqueradeInstance(owner.network, owner.containerId, owner.ifName);
  return nft
    .listRules(FAMILY, TABLE, CHECKS)
    .filter(({ comment }) => comment?.startsWith(instance) === true);
}

function commentOf(owner: Attachment): string {
  const { network, containerId, ifName } = owner;
  const instance = masqueradeInstance(network, containerId, ifName);
  const text = `${instance}, net: ${network}, if: ${ifName.replaceAll('"', "")}, id: ${containerId}`;
  return Buffer.from(text).subarray(0, COMMENT_MAX_BYTES).toString();
}
