/** What the node held in an earlier epoch of its id becomes its own again. */
import type { Change } from "../store/index.ts";
import { relation } from "./blocks.ts";
import { type Aim, claim } from "./claim.ts";
import { confirm } from "./confirm.ts";
import type { Core } from "./core.ts";
import { revise } from "./draft.ts";
import type { Owner } from "./parts.ts";
import { isOfThisMachine } from "./won-by.ts";

/** Pieces won again at once: etcd allows 128 changes in a transaction. */
const AT_ONCE = 50;

/**
 * Wins resting pieces again, at once where this is the machine that won the epoch in which they were held. Else
 * the machine that held them may be another one that is cut off, of whose disk this one's is a copy, and
 * believes: they rest until that is over. It cannot ask the store any more: the id is this machine's.
 */
export async function winAgain(core: Core): Promise<void> {
  const isRested = await hasRested(core);
  const isOpen = (owner: Owner | undefined): boolean =>
    relation(core, owner) === "old" && (isRested || isOfThisMachine(core, owner));
  for (;;) {
    const aims = [...core.blocks.values()].flatMap((known): Aim[] => {
      const old = known.shares?.find(({ owner }) => isOpen(owner));
      return old === undefined ? [] : [{ known, prefix: old.prefix, conditions: [] }];
    });
    if (aims.length === 0) return;
    const some = aims.slice(0, AT_ONCE);
    if (await claim(core, some, finishedBy(core, some))) continue;
    await confirm(core);
    return;
  }
}

/** Whether what other machines may have won has rested long enough; the rest begins where there was none. */
async function hasRested(core: Core): Promise<boolean> {
  const mayBeOthers = [...core.blocks.values()].some(({ shares }) =>
    shares?.some(({ owner }) => relation(core, owner) === "old" && !isOfThisMachine(core, owner)),
  );
  if (!mayBeOthers) return false;
  const { boot } = core.clock;
  const now = core.clock.now();
  const { atMs } = await revise(core, (draft) => {
    const { rest } = draft.picture;
    const begun = rest?.boot === boot ? rest : { boot, atMs: now };
    draft.picture = { ...draft.picture, rest: begun };
    return begun;
  });
  return now - atMs >= (core.config.quarantineMs ?? Number.POSITIVE_INFINITY);
}

/** The counts of epochs that hold nothing of what this node knows after the aims: their time is over. */
function finishedBy(core: Core, aims: readonly Aim[]): Change[] {
  const own = [...core.blocks.values()].flatMap((known) =>
    (known.shares ?? []).flatMap(({ prefix, owner }) => {
      if (owner === undefined || relation(core, owner) !== "old") return [];
      const isWon = aims.some((aim) => aim.known === known && aim.prefix.equals(prefix));
      return [{ epoch: owner.epoch, isWon }];
    }),
  );
  const epochs = new Set(own.map(({ epoch }) => epoch));
  return [...epochs]
    .filter((epoch) => own.every((each) => each.epoch !== epoch || each.isWon))
    .map((epoch) => ({ delete: core.keys.quarantine(core.node, epoch) }));
}
