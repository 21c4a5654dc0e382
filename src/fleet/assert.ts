/**
 * While the fleet is halted: each node writes into the store again what it holds, and takes out what a store
 * that went back says of it and is not so. By its picture, which did not go back.
 */
import { knownOf, putBlock, readBlock, relation, unchanged } from "./blocks.ts";
import type { Core, KnownBlock } from "./core.ts";
import { type Draft, revise } from "./draft.ts";
import type { Piece } from "./holdings.ts";
import { marked } from "./holdings.ts";
import { after } from "./keys.ts";
import { assigned, type Share } from "./parts.ts";
import { common, without } from "./pieces.ts";
import { isOfThisMachine } from "./won-by.ts";

/** So often one block is tried, while others change it. */
const TRIES = 5;
/** Blocks that are read at once. */
const PAGE = 500;

export async function assertAll(core: Core): Promise<void> {
  const isFirst = await beginHalt(core);
  if (isFirst || core.assertedFor !== core.won.haltRevision) await readOwnBlocks(core);
  core.assertedFor = core.won.haltRevision;
  const pieces = await revise(core, (draft) => core.spaces.map((space) => draft.pieces(space)));
  for (const [key, first] of core.blocks) {
    let known = first;
    for (let tries = 0; tries < TRIES; tries++) {
      const shares = asserted(core, known, pieces[known.space.index] ?? []);
      if (shares === undefined) break;
      const { done, revision } = await core.transactFreely(
        [...core.guards(), unchanged(core, known)],
        [putBlock(core, known.block, shares)],
      );
      if (done) known = { ...known, shares, revision };
      else known = await readBlock(core, known.space, known.block);
      core.blocks.set(key, known);
      if (done) break;
    }
  }
}

/**
 * What was on its way when the store went back has nothing in it, and may be another node's: it is let go.
 * From here on "asked" means that the node holds it and another one stands in the store.
 */
async function beginHalt(core: Core): Promise<boolean> {
  const halted = core.won.haltRevision?.toString() ?? "";
  return await revise(core, (draft) => {
    if (draft.picture.halted === halted) return false;
    draft.picture = { ...draft.picture, halted };
    for (const space of core.spaces) {
      const isStill = ({ state }: Piece): boolean => state !== "asked" && state !== "leaving";
      draft.setPieces(space, draft.pieces(space).filter(isStill));
    }
    return true;
  });
}

/** Every block that the store says this node has a part of: once a halt, since the picture may not name it. */
async function readOwnBlocks(core: Core): Promise<void> {
  const { keys } = core;
  let from = keys.blocks;
  for (;;) {
    const { entries, more } = await core.read(after(from, keys.blocks, PAGE));
    for (const entry of entries) {
      from = entry.key;
      const address = keys.blockAddress(entry.key);
      const space = address && core.spaces.find(({ subnet }) => subnet.contains(address));
      const number = address && space?.numberOf(address);
      if (space === undefined || number === undefined) continue;
      const known = knownOf(core, space, space.block(number), entry);
      const isOwn = known.shares?.some(({ owner }) => owner?.node === core.node);
      if (isOwn) core.blocks.set(entry.key, known);
    }
    if (!more) return;
  }
}

/** The block's shares as this node's picture has them; undefined where they are so. */
function asserted(
  core: Core,
  { block, revision, shares }: KnownBlock,
  pieces: readonly Piece[],
): Share[] | undefined {
  // A value of another program is never replaced.
  if (shares === undefined && revision !== undefined) return undefined;
  const before = shares ?? [{ prefix: block, owner: undefined }];
  let result: Share[] = [...before];
  for (const { prefix, owner } of before) {
    const whose = relation(core, owner);
    let rest = [prefix];
    for (const { prefix: own, state } of pieces) {
      const both = common(prefix, own);
      const isKept =
        state === "held" || state === "asked" || (state === "resting" && whose === "old");
      if (both === undefined || !isKept) continue;
      rest = rest.flatMap((piece) =>
        common(piece, both) === undefined ? [piece] : without(piece, both),
      );
      const isOpen = owner === undefined || whose === "old";
      if (isOpen && state !== "resting") result = assigned(result, both, core.won.owner);
      else if (whose === "other") {
        core.reportOnce(
          "conflict",
          `${core.title} holds ${both}, and the store says that node ${owner?.node} does`,
        );
      }
    }
    // A machine of whose disk this one's is a copy may hold what this picture does not name.
    if (whose === "other" || (whose === "old" && !isOfThisMachine(core, owner))) continue;
    for (const piece of rest) result = assigned(result, piece, undefined);
  }
  return JSON.stringify(result) === JSON.stringify(before) ? undefined : result;
}

/** The picture of one block while the fleet is halted: nothing is added, and nothing forgotten. */
export function keepHalted(draft: Draft, { space, block, shares }: KnownBlock): void {
  const { core } = draft;
  let pieces = draft.pieces(space);
  for (const { prefix, owner } of shares ?? [{ prefix: block, owner: undefined }]) {
    const state = relation(core, owner) === "mine" ? "held" : "asked";
    for (const piece of draft.pieces(space)) {
      const both = common(piece.prefix, prefix);
      if (both === undefined || (piece.state !== "held" && piece.state !== "asked")) continue;
      pieces = marked(pieces, both, state);
    }
  }
  draft.setPieces(space, pieces);
}
