/**
 * How much the fault tests try. By default what a machine with two processors does in three
 * minutes; HAWSER_FAULT_RUNS=N multiplies it, and `all` leaves no point out where points are known.
 */
const asked = process.env["HAWSER_FAULT_RUNS"] ?? "1";

/** Factor on numbers of runs. */
export const FACTOR: number = asked === "all" ? 20 : Math.max(1, Number(asked) || 1);

/** At most so many of the items, evenly spread from a random place on; all of them if asked. */
export function some<T>(items: readonly T[], count: number): T[] {
  const wanted = asked === "all" ? items.length : Math.min(items.length, count * FACTOR);
  if (wanted === 0) return [];
  const stride = items.length / wanted;
  const start = Math.random() * stride;
  const at = Array.from({ length: wanted }, (_, index) => Math.floor(start + index * stride));
  return at.flatMap((index) => items[index] ?? []);
}
