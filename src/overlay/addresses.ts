import { type Ip, Prefix } from "../addr/index.ts";

/** Addresses that no other node can be reached at. */
const UNUSABLE: readonly Prefix[] = [
  ...["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "ff00::/8", "fe80::/10"],
].map((text) => Prefix.parse(text));

/** Whether an address can be a single machine's, reached from another one. */
export function isUsable(ip: Ip): boolean {
  return !UNUSABLE.some((prefix) => prefix.contains(ip));
}

interface OwnedPrefix {
  readonly node: string;
  readonly prefix: Prefix;
}

/** What is left of prefixes of which no two may share an address. */
export interface Disjoint {
  has(node: string, prefix: Prefix): boolean;
  /** Those that are left out, with a node that has addresses of it. */
  readonly refused: readonly (OwnedPrefix & { readonly by: string })[];
}

/**
 * Leaves out each prefix that holds one of another's: the smaller one stays, so that a claim of
 * everything takes nothing from the others. Of equal ones that of the first node stays.
 */
export function withoutOverlaps(all: readonly OwnedPrefix[]): Disjoint {
  const kept = new Set<string>();
  const refused: (OwnedPrefix & { by: string })[] = [];
  for (const family of [4, 6] as const) {
    const ranges = all
      .filter(({ prefix }) => prefix.family === family)
      .map((owned) => ({
        ...owned,
        first: owned.prefix.first().toBigInt(),
        last: owned.prefix.last().toBigInt(),
      }))
      .toSorted(
        (a, b) => order(b.first, a.first) || order(a.last, b.last) || order(a.node, b.node),
      );
    // From the last address down: of what begins at the same place, the smallest comes first.
    let next: { readonly first: bigint; readonly node: string } | undefined;
    for (const { node, prefix, first, last } of ranges) {
      if (next !== undefined && next.first <= last) {
        refused.push({ node, prefix, by: next.node });
      } else {
        kept.add(`${node} ${prefix}`);
        next = { first, node };
      }
    }
  }
  return { has: (node, prefix) => kept.has(`${node} ${prefix}`), refused };
}

function order<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : Number(a > b);
}

/** Whether two addresses, or their absence, are the same. */
export function isSameIp(a: Ip | undefined, b: Ip | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}
