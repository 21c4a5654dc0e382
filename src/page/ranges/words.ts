import type { RangeForm } from "../../forms/index.ts";

const EXACT_MAX = 1e6;

/** A number of addresses: those of an IPv6 subnet as a power, since their digits say nothing. */
export function amount(number: number): string {
  if (number < EXACT_MAX) return number.toLocaleString("en");
  const power = Math.log2(number);
  const rounded = Math.round(power);
  return Math.abs(power - rounded) < 0.01 ? `2^${rounded}` : number.toExponential(1);
}

const HOLDINGS: Readonly<Record<NonNullable<RangeForm["holding"]>, string>> = {
  held: "held by this node",
  leaving: "being given back to the fleet",
  lost: "lost to another node of the fleet",
  asked: "asked for from the fleet",
  resting: "resting: another node's, until its quarantine ends",
};

/** What there is to say of a range beside its numbers. */
export function rangeRemarks(range: RangeForm): string[] {
  const { fullness, holding, leaked, overlaps, file } = range;
  return [
    ...(fullness === undefined
      ? []
      : [fullness === "full" ? "full: no ADD gets an address" : "nearly full"]),
    ...(leaked.length === 0 ? [] : [`${leaked.length.toLocaleString("en")} leaked`]),
    ...(holding === undefined ? [] : [HOLDINGS[holding]]),
    ...overlaps.map(({ network, range: other }) => `overlaps ${other} of ${network}`),
    ...(file === undefined ? ["no file configures it any more"] : []),
  ];
}
