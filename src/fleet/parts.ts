/** The parts of a block: which node has which of them. */
import { type Ip, Prefix } from "../addr/index.ts";
import { common, compare, covers, parentOf, without } from "./pieces.ts";
import type { Part } from "./records.ts";

/** A node in one of its epochs. */
export interface Owner {
  readonly node: string;
  readonly epoch: number;
}

/** A part with its prefix read. */
export interface Share {
  readonly prefix: Prefix;
  /** Undefined for a part that is free. */
  readonly owner: Owner | undefined;
}

/** The parts, checked: undefined unless they cover the block, each address once and in order. */
export function sharesOf(block: Prefix, parts: readonly Part[]): Share[] | undefined {
  const shares: Share[] = [];
  let next: bigint = block.first().toBigInt();
  for (const { prefix: text, node, epoch } of parts) {
    const prefix = Prefix.tryParse(text);
    if (prefix === undefined || !covers(block, prefix)) return undefined;
    if (prefix.ip.toBigInt() !== next || !prefix.first().equals(prefix.ip)) return undefined;
    if ((node === undefined) !== (epoch === undefined)) return undefined;
    next = prefix.last().toBigInt() + 1n;
    shares.push({
      prefix,
      owner: node === undefined || epoch === undefined ? undefined : { node, epoch },
    });
  }
  return next === block.last().toBigInt() + 1n ? shares : undefined;
}

/** The parts as they stand in the store. */
export function partsOf(shares: readonly Share[]): Part[] {
  return shares.map(({ prefix, owner }) => ({ prefix: prefix.toString(), ...owner }));
}

/** The shares after a piece of the block has another owner; neighbours of one owner become one. */
export function assigned(
  shares: readonly Share[],
  piece: Prefix,
  owner: Owner | undefined,
): Share[] {
  const kept = shares.flatMap((share): Share[] => {
    const both = common(share.prefix, piece);
    if (both === undefined) return [share];
    const rest = without(share.prefix, both).map((prefix) => ({ prefix, owner: share.owner }));
    return [...rest, { prefix: both, owner }];
  });
  return joined(kept);
}

/** The shares of a block in order, halves of one owner as one. */
export function joined(shares: readonly Share[]): Share[] {
  const kept: Share[] = [];
  for (const share of [...shares].sort((one, other) => compare(one.prefix, other.prefix))) {
    let last = share;
    for (;;) {
      const before = kept.at(-1);
      if (before === undefined || !isSame(before.owner, last.owner)) break;
      const parent = parentOf(before.prefix, last.prefix);
      if (parent === undefined) break;
      kept.pop();
      last = { prefix: parent, owner: last.owner };
    }
    kept.push(last);
  }
  return kept;
}

export function isSame(one: Owner | undefined, other: Owner | undefined): boolean {
  return one?.node === other?.node && one?.epoch === other?.epoch;
}

/** The owner of an address; undefined where it is free. */
export function ownerAt(shares: readonly Share[] | undefined, address: Ip): Owner | undefined {
  return shares?.find(({ prefix }) => prefix.contains(address))?.owner;
}
