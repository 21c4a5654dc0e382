/** What a transaction may ask of every engine: the limits are etcd's own. */
import { StoreError } from "./error.ts";
import type { Change, Condition } from "./port.ts";

const MOST_OPERATIONS = 128;
/** A little less than what etcd takes for a whole request. */
const LARGEST_BYTES = 1_500_000;

/** @throws StoreError "refused" for a transaction that is too large, changes one key twice, or names none */
export function checkTransaction(
  conditions: readonly Condition[],
  changes: readonly Change[],
): void {
  const most = Math.max(conditions.length, changes.length);
  if (most > MOST_OPERATIONS) {
    throw refused(`it has ${most} conditions or changes, and ${MOST_OPERATIONS} are most`);
  }
  const keys = changes.map((change) => ("put" in change ? change.put : change.delete));
  if (new Set(keys).size < keys.length) throw refused("it changes one key twice");
  if ([...keys, ...conditions.map(({ key }) => key)].includes("")) throw refused("a key is empty");
  const size = changes.reduce((sum, change) => {
    return sum + ("put" in change ? change.put.length + change.value.length : 0);
  }, 0);
  if (size > LARGEST_BYTES) {
    throw refused(`its values have ${size} letters, and ${LARGEST_BYTES} are most`);
  }
}

function refused(why: string): StoreError {
  return new StoreError("refused", `the store does not take the transaction: ${why}`);
}
