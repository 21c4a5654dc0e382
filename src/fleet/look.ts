/** A look over a subnet's blocks from a place of chance, for some that are free. */
import type { Prefix } from "../addr/index.ts";
import { knownOf } from "./blocks.ts";
import type { Core, KnownBlock } from "./core.ts";
import type { Space } from "./space.ts";

/** Records in a page, and pages in a look. */
const PAGE = 128;
const PAGES = 32;

/** What a look has found. */
export interface Sight {
  /** Blocks that were never used, neighbours first. */
  readonly fresh: readonly Prefix[];
  /** Blocks with a record. While there are fresh ones, few of them are looked at. */
  readonly used: readonly KnownBlock[];
}

/** Looks for so many blocks that were never used; over all blocks only where there are none. */
export async function look(core: Core, space: Space, wanted: number): Promise<Sight> {
  const start = space.anyBlock(core.chance);
  const fresh: bigint[] = [];
  const used: KnownBlock[] = [];
  let [next, end] = [start, space.count];
  let isSecondHalf = false;
  for (let page = 0; page < PAGES && fresh.length < wanted; page++) {
    const from = space.block(next).first();
    const { entries, more } = await core.read(core.keys.blocksFrom(space.subnet, from, PAGE));
    for (const entry of entries) {
      const address = core.keys.blockAddress(entry.key);
      const number = address === undefined ? undefined : space.numberOf(address);
      if (number === undefined) {
        core.reportOnce("foreign", `${entry.key} names no block of the fleet: it is left alone`);
        continue;
      }
      if (number >= end) {
        gap(fresh, next, end, wanted);
        next = end;
        break;
      }
      gap(fresh, next, number, wanted);
      used.push(knownOf(core, space, space.block(number), entry));
      next = number + 1n;
    }
    if (!more) {
      gap(fresh, next, end, wanted);
      next = end;
    }
    if (next < end) continue;
    if (isSecondHalf) break;
    [next, end, isSecondHalf] = [0n, start, true];
    if (start === 0n) break;
  }
  return { fresh: fresh.map((number) => space.block(number)), used };
}

/** Adds the numbers from one to before another, up to the number wanted. */
function gap(fresh: bigint[], from: bigint, to: bigint, wanted: number): void {
  for (let number = from; number < to && fresh.length < wanted; number++) fresh.push(number);
}
