import type { Batch, Nftables } from "../../kernel/nftables/index.ts";
import { differs } from "../differs.ts";
import type { Claims, Conflict } from "./claims.ts";
import {
  bySet,
  getElement,
  hasData,
  isSameKey,
  type LaidSet,
  type Layout,
  type WantedElement,
} from "./layout.ts";
import { ClaimOrder } from "./order.ts";
import { restoreRules } from "./restore-rules.ts";

/** Whose elements are put back, and where. */
export interface Restoring {
  readonly nft: Nftables;
  readonly layout: Layout;
  readonly claims: Claims | undefined;
  readonly mark: string;
}

/**
 * Puts back elements of an attachment, with the table, sets, chains and rules that look them up. What
 * has gone is its holder's again, before those that have waited for it. What another living
 * attachment has by now, or a stranger, stays theirs.
 * @throws CniError that names the holder of a key, when all else is back
 */
export function restoreElements(restoring: Restoring, wanted: readonly WantedElement[]): void {
  if (wanted.length === 0) return;
  const { nft, layout, claims, mark } = restoring;
  const { family, table } = layout;
  const sets = bySet(wanted).map(({ set }) => set);
  let taken: Conflict[] = [];
  let begun: WantedElement[] = [];
  nft.commitPlanned((batch) => {
    [taken, begun] = [[], []];
    const isLaid = nft.getTable(family, table) !== undefined;
    if (isLaid) restoreRules(nft, batch, layout, sets);
    else layAnew(batch, layout, sets);
    for (const want of wanted) {
      const conflict = restoreElement(restoring, batch, want, begun);
      if (conflict !== undefined) taken.push(conflict);
    }
  });
  // Of those that waited the turn has come.
  claims?.withdraw((each) => each === mark, begun);
  const [first] = taken;
  if (first === undefined) return;
  const { name } = first.set;
  const who = first.holder === "" ? "an unknown owner" : first.holder;
  throw differs(`the element in ${name} of table ${family} ${table} is ${who}'s by now`);
}

function layAnew(batch: Batch, layout: Layout, sets: readonly LaidSet[]): void {
  layout.lay(batch);
  for (const set of sets.filter(({ layRules }) => layRules !== undefined)) {
    batch.addSet(set);
    set.layRules?.(batch);
  }
}

/** Gives the conflict where another has the key. */
function restoreElement(
  { nft, layout, claims, mark }: Restoring,
  batch: Batch,
  want: WantedElement,
  begun: WantedElement[],
): Conflict | undefined {
  const { set, key, data } = want;
  const element = data === undefined ? { key, comment: mark } : { key, comment: mark, data };
  const found = getElement(nft, want);
  const isOwn = found?.comment === mark;
  if (isOwn && hasData(found, want)) return undefined;
  const order = new ClaimOrder(nft, layout, claims);
  const conflict = isOwn ? undefined : order.conflictOf(mark, want, found);
  const isWaiting = claims?.isWaiting(mark, want) === true;
  // Beside an element of a wider key it stood before, unless it waits for that one to go.
  const isCovered = conflict !== undefined && conflict.set.name !== set.name;
  if (conflict !== undefined && claims !== undefined && (isWaiting || !isCovered)) {
    if (conflict.waits) return isWaiting ? undefined : conflict;
    if (conflict.holder === "") return conflict;
  }
  if (isWaiting && !isTurn(claims, order, mark, want)) return undefined;
  if (isWaiting) begun.push(want);
  if (found !== undefined) batch.delElements(set, [key]);
  batch.addElements(set, [element]);
  return undefined;
}

/** Whether one that waits is to have the key: no holder has lost it, and no claim is before it. */
function isTurn(claims: Claims, order: ClaimOrder, mark: string, want: WantedElement): boolean {
  if (claims.hasRecordedHolder(mark, want)) return false;
  const turns = order.turns(want, [want]);
  return (
    turns.find(({ set, element }) => isSameKey({ set, key: element.key }, want))?.mark === mark
  );
}
