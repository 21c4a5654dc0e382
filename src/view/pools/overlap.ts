import { addTo } from "../../base/index.ts";
import type { Range } from "../../state/reservations/index.ts";

/** What is compared: ranges of one network are not, since a configuration cannot have such. */
interface Placed {
  readonly network: string;
  readonly range: Range;
}

/** For each range those of other networks that have addresses in common with it. */
export function overlapsOf<T extends Placed>(all: readonly T[]): ReadonlyMap<T, readonly T[]> {
  const found = new Map<T, T[]>();
  for (const family of [4, 6] as const) {
    const sorted = all
      .filter(({ range }) => range.start.family === family)
      .toSorted((one, other) => one.range.start.compare(other.range.start));
    let open: T[] = [];
    for (const each of sorted) {
      open = open.filter(({ range }) => range.end.compare(each.range.start) >= 0);
      for (const other of open) {
        if (other.network === each.network) continue;
        addTo(found, each, other);
        addTo(found, other, each);
      }
      open.push(each);
    }
  }
  return found;
}
