/** Taking pieces of blocks: noted before the store is asked, held when it has answered. */
import { Prefix } from "../addr/index.ts";
import type { Change, Condition } from "../store/index.ts";
import { note, putBlock, unchanged } from "./blocks.ts";
import type { Core, KnownBlock } from "./core.ts";
import { revise } from "./draft.ts";
import { assigned, type Share } from "./parts.ts";

/** A piece of a block that the node would like to have. */
export interface Aim {
  readonly known: KnownBlock;
  /** All of it belongs to the same owner now, or to none. */
  readonly prefix: Prefix;
  /** What else has to be so. */
  readonly conditions: readonly Condition[];
}

/** A block that has no record, as it is known. */
export function freshBlock(core: Core, block: Prefix, index: number): Aim {
  const space = core.spaces[index];
  if (space === undefined) throw new RangeError(`there is no subnet ${index}`);
  const known: KnownBlock = { space, block, revision: undefined, shares: undefined };
  return { known, prefix: block, conditions: [] };
}

/**
 * Takes all of them, each of a block of its own, or none.
 *
 * The picture says "asked" first. After a crash, or when the answer is lost, the next session reads what
 * has become of it: by then nothing is on its way any more.
 */
export async function claim(
  core: Core,
  aims: readonly Aim[],
  more: readonly Change[] = [],
): Promise<boolean> {
  const { owner } = core.won;
  await markAll(core, aims, "asked");
  const wanted = aims.map((aim) => ({ aim, shares: sharesAfter(aim, owner) }));
  const { done, revision } = await core.transact(
    aims.flatMap(({ known, conditions }) => [unchanged(core, known), ...conditions]),
    [...wanted.map(({ aim, shares }) => putBlock(core, aim.known.block, shares)), ...more],
  );
  if (done) {
    for (const { aim, shares } of wanted) note(core, { ...aim.known, shares, revision });
  }
  await markAll(core, aims, done ? "held" : undefined);
  return done;
}

function sharesAfter({ known, prefix }: Aim, owner: NonNullable<Share["owner"]>): Share[] {
  return assigned(known.shares ?? [{ prefix: known.block, owner: undefined }], prefix, owner);
}

/** What was "lost" before, with containers that live, is so again where the claim fails. */
async function markAll(
  core: Core,
  aims: readonly Aim[],
  state: "asked" | "held" | undefined,
): Promise<void> {
  await revise(core, (draft) => {
    for (const { known, prefix } of aims) {
      draft.mark(known.space, prefix, state);
      if (state !== undefined) continue;
      for (const address of draft.occupied(known.space).reservedIn(prefix)) {
        draft.mark(known.space, Prefix.ofHost(address), "lost");
      }
    }
    if (state === "held") draft.chooseGateways();
  });
}
