/** Arithmetic of prefixes: halves, what is left without a piece, neighbours that are one again. */
import { Ip, Prefix } from "../addr/index.ts";

const WIDTH = { 4: 32, 6: 128 } as const;

/** Whether the first prefix has all addresses of the second. */
export function covers(outer: Prefix, inner: Prefix): boolean {
  return outer.length <= inner.length && outer.contains(inner.ip);
}

/** The number of addresses; for IPv6 to the precision of a number. */
export function sizeOf(prefix: Prefix): number {
  return 2 ** (WIDTH[prefix.family] - prefix.length);
}

/** Whether the prefix is one address. */
export function isSingle(prefix: Prefix): boolean {
  return prefix.length === WIDTH[prefix.family];
}

/** The length of the smallest prefix with so many addresses. */
export function lengthFor(family: 4 | 6, count: number): number {
  return WIDTH[family] - Math.ceil(Math.log2(Math.max(1, count)));
}

/** Both halves of a prefix that is not a single address. */
export function halves(prefix: Prefix): readonly [Prefix, Prefix] {
  const length = prefix.length + 1;
  const first = prefix.first();
  const half = 1n << BigInt(WIDTH[prefix.family] - length);
  const second = Ip.fromBigInt(prefix.family, first.toBigInt() + half);
  return [new Prefix(first, length), new Prefix(second, length)];
}

/** The prefixes that are left of the first when the second, which lies in it, is taken out; in order. */
export function without(outer: Prefix, inner: Prefix): Prefix[] {
  if (outer.length >= inner.length) return [];
  const [low, high] = halves(outer);
  return low.contains(inner.ip) ? [...without(low, inner), high] : [low, ...without(high, inner)];
}

/** What both have: the smaller of the two where they overlap. */
export function common(one: Prefix, other: Prefix): Prefix | undefined {
  if (covers(one, other)) return other;
  return covers(other, one) ? one : undefined;
}

/** By address, and the larger prefix first. */
export function compare(one: Prefix, other: Prefix): number {
  return one.ip.compare(other.ip) || one.length - other.length;
}

/** The prefix of which both are halves, given in order; undefined where they are not. */
export function parentOf(low: Prefix, high: Prefix): Prefix | undefined {
  if (low.length !== high.length || low.length === 0 || low.family !== high.family) {
    return undefined;
  }
  const parent = new Prefix(low.ip, low.length - 1);
  const isPair = parent.first().equals(low.ip) && parent.contains(high.ip) && !low.equals(high);
  return isPair ? parent : undefined;
}

/** The same addresses in as few prefixes as possible, in order; the given ones do not overlap. */
export function merged(prefixes: Iterable<Prefix>): Prefix[] {
  const kept: Prefix[] = [];
  for (const prefix of [...prefixes].sort(compare)) {
    let last = prefix;
    for (;;) {
      const before = kept.at(-1);
      const parent = before === undefined ? undefined : parentOf(before, last);
      if (parent === undefined) break;
      kept.pop();
      last = parent;
    }
    kept.push(last);
  }
  return kept;
}
