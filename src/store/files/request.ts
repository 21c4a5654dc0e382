import { type Change, StoreError } from "../index.ts";
import type { Contents } from "./contents.ts";
import type { Line } from "./line.ts";

/**
 * The changes as a line of the log; none where all would delete what is not there.
 * @throws StoreError "refused" for a lease that has ended
 */
export function changesOf(changes: readonly Change[], contents: Contents): Line[] {
  for (const change of changes) {
    const lease = "put" in change ? change.lease : undefined;
    if (lease !== undefined && !contents.leases.has(lease)) {
      throw new StoreError(
        "refused",
        "the store does not take the transaction: its lease has ended",
      );
    }
  }
  const effective = changes.filter(
    (change) => "put" in change || contents.entries.has(change.delete),
  );
  if (effective.length === 0) return [];
  return [{ revision: contents.revision + 1, changes: effective }];
}
