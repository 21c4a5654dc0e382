import { Ip } from "../../addr/index.ts";
import { type Range, type RangeSet, rangeFor, size } from "./range.ts";

/** An address and the range that it was taken from. */
export interface Choice {
  ip: Ip;
  range: Range;
}

/**
 * The first free address after the one handed out last, going around the set's ranges once; from
 * the set's beginning when the last one is unknown or no longer in it. Gateways and excluded addresses
 * are skipped.
 * Walks by number, so no order of ranges and no end of the address space can make it run on:
 * each address is looked at once at most, and it stops at the first that is not taken.
 */
export function firstFree(
  set: RangeSet,
  last: Ip | undefined,
  isTaken: (ip: string) => boolean,
): Choice | undefined {
  for (const { range, from, to } of stretches(set, last)) {
    const { family } = range.subnet;
    for (let number = from; number <= to; number++) {
      const over = range.excluded.find((span) => span.from <= number && number <= span.to);
      if (over !== undefined) {
        number = over.to;
        continue;
      }
      const ip = Ip.fromBigInt(family, number);
      if (!isTaken(ip.toString())) return { ip, range };
    }
  }
  return undefined;
}

interface Stretch {
  range: Range;
  from: bigint;
  to: bigint;
}

/** The whole set exactly once, beginning behind `last`. */
function stretches(set: RangeSet, last: Ip | undefined): Stretch[] {
  const whole = set.map((range) => {
    const from = range.start.toBigInt();
    return { range, from, to: from + size(range) - 1n };
  });
  const current = last === undefined ? undefined : rangeFor(set, last);
  const at = whole.findIndex((span) => span.range === current);
  const span = whole[at];
  if (last === undefined || span === undefined) return whole;
  const number = last.toBigInt();
  return [
    { ...span, from: number + 1n },
    ...whole.slice(at + 1),
    ...whole.slice(0, at),
    { ...span, to: number },
  ];
}
