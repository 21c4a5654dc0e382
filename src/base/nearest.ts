/** The longest name that is compared: the work grows with the product of the lengths. */
const LENGTH_MAX = 64;

/**
 * The name that is closest to a wanted one, if any is so close that it may have been meant: a third
 * of the letters may differ, and one always.
 */
export function nearest(wanted: string, names: Iterable<string>): string | undefined {
  if (wanted.length > LENGTH_MAX) return undefined;
  const [closest] = [...new Set(names)]
    .sort()
    .map((name) => ({ name, distance: distance(wanted, name) }))
    .sort((one, other) => one.distance - other.distance);
  const isClose = closest !== undefined && closest.distance <= Math.max(1, wanted.length / 3);
  return isClose ? closest.name : undefined;
}

/** How many letters have to be changed, added, removed or swapped to make one text of the other. */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      next[j] = Math.min(
        (next[j - 1] ?? 0) + 1,
        (row[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    before = row;
    row = next;
  }
  return row[other.length] ?? 0;
}
