import type { Mac } from "../../../../addr/index.ts";
import { type Nftables, type Rule, ruleComment } from "../../../../kernel/nftables/index.ts";
import type { Attachment } from "../../../../spec/index.ts";

/** The layout of the reference plugins: two chains per interface in table `bridge nat`. */

const PLACE = { family: "bridge", table: "nat" } as const;
const BASE = "PREROUTING";

interface Chains {
  readonly id: string;
  /** Entered from the base chain for the port's frames; leads to the second. */
  readonly outer: string;
  /** Lets the container's address pass, and drops the rest. */
  readonly inner: string;
}

function chainsOf({ containerId, ifName }: Attachment): Chains {
  const id = `${containerId}-${ifName}`;
  return { id, outer: `cni-br-iface-${id}`, inner: `cni-br-iface-${id}-mac` };
}

/** Whether there is any of it for the attachment. */
export function hasReferenceLayout(nft: Nftables, owner: Attachment): boolean {
  const { outer, inner } = chainsOf(owner);
  return [outer, inner].some((name) => isThere(nft, name));
}

/** What of it is not as it should be, in words; undefined when all is well. */
export function missingOfReference(nft: Nftables, owner: Attachment, mac: Mac): string | undefined {
  const { id, outer, inner } = chainsOf(owner);
  const rules = (chain: string): Rule[] => nft.listRules(PLACE.family, PLACE.table, chain);
  if (!rules(BASE).some((rule) => ruleComment(rule) === `macspoofchk-${id}`)) {
    return `chain ${BASE} of table bridge nat has no rule macspoofchk-${id}`;
  }
  if (!isThere(nft, inner) || !isThere(nft, outer) || rules(outer).length === 0) {
    return `chain ${outer} of table bridge nat leads nowhere`;
  }
  const [passing, dropping] = rules(inner);
  if (passing === undefined || !compares(passing, mac) || dropping === undefined) {
    return `chain ${inner} of table bridge nat does not stop frames from others than ${mac}`;
  }
  return undefined;
}

function compares({ expressions }: Rule, mac: Mac): boolean {
  return expressions.some(
    (each) => each.kind === "cmp" && Buffer.compare(each.data, mac.bytes) === 0,
  );
}

/** What there is of it, for people. */
export function foundReferenceLayout(nft: Nftables, owner: Attachment): string[] {
  const { outer, inner } = chainsOf(owner);
  const chains = [outer, inner].filter((name) => isThere(nft, name));
  return chains.map((name) => `chain ${name} of table bridge nat, with the rules to it`);
}

/** Removes what there is of it. */
export function removeReferenceLayout(nft: Nftables, owner: Attachment): void {
  if (!hasReferenceLayout(nft, owner)) return;
  const { id, outer, inner } = chainsOf(owner);
  nft.commitPlanned((batch) => {
    for (const rule of nft.listRules(PLACE.family, PLACE.table, BASE)) {
      if (ruleComment(rule) === `macspoofchk-${id}`) batch.delRule(rule);
    }
    const chains = [outer, inner].filter((name) => isThere(nft, name));
    for (const name of chains) batch.flushChain({ ...PLACE, name });
    for (const name of chains) batch.delChain({ ...PLACE, name });
  });
}

function isThere(nft: Nftables, name: string): boolean {
  return nft.getChain(PLACE.family, PLACE.table, name) !== undefined;
}
