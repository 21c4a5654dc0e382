/** How a node lets go of what it has: fenced on its disk first, then in one transaction. */
import type { Prefix } from "../addr/index.ts";
import type { Change, Condition } from "../store/index.ts";
import { note, putBlock, unchanged } from "./blocks.ts";
import { confirm } from "./confirm.ts";
import type { Core, KnownBlock } from "./core.ts";
import { type Draft, revise } from "./draft.ts";
import { assigned, type Owner } from "./parts.ts";
import type { Space } from "./space.ts";

/** A piece that is held and leaves. */
export interface Move {
  readonly space: Space;
  readonly prefix: Prefix;
}

export interface HandOver {
  /** Chooses under the lock that ADD takes: what it chooses is empty, and nothing in it is reserved after. */
  readonly choose: (draft: Draft) => readonly Move[];
  /** Undefined gives it back. */
  readonly to: Owner | undefined;
  readonly conditions?: readonly Condition[];
  /** What else the transaction changes. */
  readonly changes?: (moves: readonly Move[]) => readonly Change[];
}

/**
 * Lets pieces go. A fence whose transaction did not come about is taken back, by what the store says; one
 * whose answer was lost stays until the next session has read what became of it.
 */
export async function handOver(core: Core, wish: HandOver): Promise<readonly Move[]> {
  const moves = await revise(core, (draft) => {
    const chosen = wish.choose(draft);
    for (const { space, prefix } of chosen) draft.mark(space, prefix, "leaving");
    return chosen;
  });
  if (moves.length === 0) return [];
  const after = blocksAfter(core, moves, wish.to);
  if (after === undefined) {
    await confirm(core);
    return [];
  }
  const { done, revision } = await core.transact(
    [...after.map(({ known }) => unchanged(core, known)), ...(wish.conditions ?? [])],
    [
      ...after.map(({ known, shares }) => putBlock(core, known.block, shares)),
      ...(wish.changes?.(moves) ?? []),
    ],
  );
  if (!done) {
    await confirm(core);
    return [];
  }
  for (const { known, shares } of after) note(core, { ...known, shares, revision });
  await revise(core, (draft) => {
    for (const { space, prefix } of moves) draft.mark(space, prefix, undefined);
  });
  return moves;
}

/** The blocks of the moves with other owners; undefined where one is not known. */
function blocksAfter(
  core: Core,
  moves: readonly Move[],
  to: Owner | undefined,
):
  | { readonly known: KnownBlock; readonly shares: NonNullable<KnownBlock["shares"]> }[]
  | undefined {
  const after = new Map<string, { known: KnownBlock; shares: NonNullable<KnownBlock["shares"]> }>();
  for (const { space, prefix } of moves) {
    const key = core.keys.block(space.blockOf(prefix.ip));
    const known = core.blocks.get(key);
    const shares = after.get(key)?.shares ?? known?.shares;
    if (known === undefined || shares === undefined) return undefined;
    after.set(key, { known, shares: assigned(shares, prefix, to) });
  }
  return [...after.values()];
}
