import type { Batch, Nftables, SetId } from "../../kernel/nftables/index.ts";
import type { Layout } from "./layout.ts";

/** What may go. */
interface Sweep {
  /** Sets that go when they are empty, while others are not. */
  readonly isSweepable: (set: string) => boolean;
  /** The table stays, even when no set of it has an element. */
  readonly keepTable?: boolean;
}

/**
 * Removes the table when no set of it has an element of an attachment any more, else those of the
 * empty sets that may go. Nothing goes that gets an element meanwhile: the transaction is planned
 * anew whenever the ruleset has changed.
 */
export function sweep(nft: Nftables, layout: Layout, { isSweepable, keepTable }: Sweep): void {
  const { family, table } = layout;
  let isGone = false;
  nft.commitPlanned((batch) => {
    const sets = nft.listSets(family, table);
    isGone = sets.length === 0 && nft.getTable(family, table) === undefined;
    if (isGone) return;
    const isEmpty = ({ name }: SetId): boolean => nft.isSetEmpty(family, table, name);
    const empty = sets.filter((set) => isSweepable(set.name) && isEmpty(set));
    const isBare = (set: SetId): boolean =>
      layout.isShared?.(set.name) === true ||
      empty.some(({ name }) => name === set.name) ||
      (!isSweepable(set.name) && isEmpty(set));
    if (keepTable !== true && sets.every(isBare)) {
      batch.delTable({ family, name: table });
      isGone = true;
    } else {
      for (const set of empty) removeSet(nft, batch, set);
    }
  });
  if (isGone) layout.unlay?.(nft);
}

/** Deletes the rules that a set was made with, then the set. */
export function removeSet(nft: Nftables, batch: Batch, set: SetId): void {
  const rules = nft.listRules(set.family, set.table);
  for (const rule of rules) {
    const uses = rule.expressions.some((each) => each.kind === "lookup" && each.set === set.name);
    if (uses) batch.delRule(rule);
  }
  batch.delSet(set);
}
