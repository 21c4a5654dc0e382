/** The records of blocks as a member knows them: read, judged, noted after its own transactions. */
import type { Prefix } from "../addr/index.ts";
import type { Condition, Entry } from "../store/index.ts";
import { asSeen, type Core, type KnownBlock } from "./core.ts";
import { parseBlock } from "./parse.ts";
import { type Owner, partsOf, type Share, sharesOf } from "./parts.ts";
import type { Space } from "./space.ts";

/** A block as an entry of the store says; undefined for no entry. */
export function knownOf(
  core: Core,
  space: Space,
  block: Prefix,
  entry: Entry | undefined,
): KnownBlock {
  if (entry === undefined) return { space, block, revision: undefined, shares: undefined };
  const record = parseBlock(entry.value);
  const shares = record === undefined ? undefined : sharesOf(block, record.parts);
  if (shares === undefined) {
    core.reportOnce("foreign", `${entry.key} holds no record of this program: it is left alone`);
  }
  return { space, block, revision: entry.revision, shares };
}

export async function readBlock(core: Core, space: Space, block: Prefix): Promise<KnownBlock> {
  return knownOf(core, space, block, await core.readKey(core.keys.block(block)));
}

/** The condition that the block is as it was seen. */
export function unchanged(core: Core, known: KnownBlock): Condition {
  return asSeen(core.keys.block(known.block), known);
}

/** The change that makes these the block's parts. */
export function putBlock(
  core: Core,
  block: Prefix,
  shares: readonly Share[],
): { readonly put: string; readonly value: string } {
  return { put: core.keys.block(block), value: JSON.stringify({ parts: partsOf(shares) }) };
}

/** What a share is to the node: its own, its own of an earlier epoch, or not its own. */
export function relation(core: Core, owner: Owner | undefined): "mine" | "old" | "other" {
  if (owner === undefined || owner.node !== core.node) return "other";
  const { epoch } = core.won.owner;
  if (owner.epoch === epoch) return "mine";
  return owner.epoch < epoch ? "old" : "other";
}

/** Notes a block of which the node has a part; forgets one of which it has none. */
export function note(core: Core, known: KnownBlock): void {
  const key = core.keys.block(known.block);
  const hasAny = known.shares?.some(({ owner }) => relation(core, owner) !== "other");
  if (hasAny) core.blocks.set(key, known);
  else core.blocks.delete(key);
}
