/** What the node held in an earlier epoch of its id becomes its own again. */
import { relation } from "./blocks.ts";
import { type Aim, claim } from "./claim.ts";
import { confirm } from "./confirm.ts";
import type { Core } from "./core.ts";

/** Pieces won again at once: etcd allows 128 changes in a transaction. */
const AT_ONCE = 50;

/**
 * Wins resting pieces again, at once where this is the machine that held them. Else the machine that held
 * them may be another one that is cut off, of whose disk this one's is a copy, and believes: they rest until
 * that is over. It cannot ask the store any more: the id is this machine's.
 */
export async function winAgain(core: Core): Promise<void> {
  const picture = await core.files.read();
  const { rest } = picture ?? {};
  if (rest !== undefined) {
    const { quarantineMs } = core.config;
    const isOver =
      rest.boot === core.clock.boot &&
      core.clock.now() - rest.atMs >= (quarantineMs ?? Number.POSITIVE_INFINITY);
    if (!isOver) return;
  }
  for (;;) {
    const aims = [...core.blocks.values()].flatMap((known): Aim[] => {
      const old = known.shares?.find(({ owner }) => relation(core, owner) === "old");
      return old === undefined ? [] : [{ known, prefix: old.prefix, conditions: [] }];
    });
    if (aims.length === 0) return;
    if (await claim(core, aims.slice(0, AT_ONCE))) continue;
    await confirm(core);
    return;
  }
}
