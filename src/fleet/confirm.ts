/** The question whether the node's lease lives and its blocks are its own, and what the answer changes. */
import type { Ip, Prefix } from "../addr/index.ts";
import { assertAll, keepHalted } from "./assert.ts";
import { knownOf, readBlock, relation, unchanged } from "./blocks.ts";
import { type Core, holds, type KnownBlock, SessionOver } from "./core.ts";
import { type Draft, revise } from "./draft.ts";
import { halt } from "./enter.ts";
import { marked, piecesOf } from "./holdings.ts";
import { common } from "./pieces.ts";

/** Conditions of one question beside those of the session: etcd allows 128 in a transaction. */
const AT_ONCE = 100;
/** So often the question is asked anew when blocks have changed meanwhile. */
const TRIES = 5;

/**
 * Asks the store, in one transaction that changes nothing, whether everything is as this node knows it.
 * Its time is that of before the question: what the answer says was so then or later.
 */
export async function confirm(core: Core): Promise<void> {
  await readUnknown(core);
  if (core.won.haltRevision !== undefined) await assertAll(core);
  for (let tries = 0; tries < TRIES; tries++) {
    const atMs = core.clock.now();
    const known = [...core.blocks.values()];
    const changed = await ask(core, known);
    if (changed.length === 0) return await noteAnswer(core, known, atMs);
    for (const block of changed) core.blocks.set(core.keys.block(block.block), block);
  }
  throw new SessionOver("the blocks of this node change all the time");
}

/** Reads what the picture names and this process has not read yet: its own, few. */
async function readUnknown(core: Core): Promise<void> {
  const picture = await core.files.read();
  for (const space of core.spaces) {
    for (const { prefix } of piecesOf(picture?.subnets[space.index])) {
      const block = space.blockOf(prefix.ip);
      const key = core.keys.block(block);
      if (!core.blocks.has(key)) core.blocks.set(key, await readBlock(core, space, block));
    }
  }
}

/** The blocks that are not as they are known. @throws SessionOver where the session is not */
async function ask(core: Core, known: readonly KnownBlock[]): Promise<KnownBlock[]> {
  const changed: KnownBlock[] = [];
  for (let at = 0; at === 0 || at < known.length; at += AT_ONCE) {
    const some = known.slice(at, at + AT_ONCE);
    const guards = core.guards();
    const conditions = some.map((block) => unchanged(core, block));
    const { done, found } = await core.transactFreely([...guards, ...conditions], []);
    if (done) continue;
    if (guards.some((guard) => !holds(guard, found))) {
      core.session = undefined;
      throw new SessionOver("the store does not know this session any more");
    }
    for (const [index, condition] of conditions.entries()) {
      const block = some[index];
      if (block === undefined || holds(condition, found)) continue;
      const entry = found.find(({ key }) => key === condition.key);
      changed.push(knownOf(core, block.space, block.block, entry));
    }
  }
  return changed;
}

/** Puts the answer into the picture, under the lock that ADD takes. */
async function noteAnswer(core: Core, known: readonly KnownBlock[], atMs: number): Promise<void> {
  const lost = await revise(core, (draft) => {
    const isHalted = core.won.haltRevision !== undefined;
    if (isHalted) for (const block of known) keepHalted(draft, block);
    const gone = isHalted ? [] : known.flatMap((block) => reconcile(draft, block));
    draft.chooseGateways();
    noteConfirmed(draft, atMs);
    return gone;
  });
  for (const [key, { shares }] of core.blocks) {
    if (!shares?.some(({ owner }) => relation(core, owner) !== "other")) core.blocks.delete(key);
  }
  for (const text of lost) core.report("lost", text, true);
  // Nothing is taken from a node whose lease lives. A store that says otherwise, although the lease's
  // key is as it was when this process last asked, has gone back.
  const { aliveRevision, haltRevision } = core.won;
  const isContradiction = core.confirmedAlive === aliveRevision && haltRevision === undefined;
  if (lost.length > 0 && isContradiction) await halt(core, lost.join("; "));
  core.confirmedAlive = aliveRevision;
}

/** Makes the picture of one block what the store says of it; says what ADD could reserve from and is lost. */
export function reconcile(draft: Draft, { space, block, shares }: KnownBlock): string[] {
  const { core } = draft;
  const before = draft.pieces(space).filter(({ prefix }) => common(prefix, block) !== undefined);
  const occupied = draft.occupied(space);
  let pieces = marked(draft.pieces(space), block, undefined);
  const losses: string[] = [];
  for (const { prefix, owner } of shares ?? [{ prefix: block, owner: undefined }]) {
    const relationTo = relation(core, owner);
    if (relationTo !== "other") {
      pieces = marked(pieces, prefix, relationTo === "mine" ? "held" : "resting");
      continue;
    }
    for (const piece of before) {
      const both = common(piece.prefix, prefix);
      if (both === undefined) continue;
      const living = occupied.reservedIn(both);
      if (living.length > 0) pieces = marked(pieces, both, "lost");
      if (piece.state === "held") losses.push(lossText(core, both, living));
    }
  }
  draft.setPieces(space, pieces);
  return losses;
}

function lossText(core: Core, prefix: Prefix, living: readonly Ip[]): string {
  const kept = living.length === 0 ? "" : `; containers keep ${living.join(", ")}`;
  return `${core.title} has lost ${prefix}${kept}`;
}

function noteConfirmed(draft: Draft, atMs: number): void {
  const { core } = draft;
  const { fleet, cluster, haltRevision } = core.won;
  const { rest, refusals, halted, trouble: _, ...picture } = draft.picture;
  const isResting = core.spaces.some((space) =>
    draft.pieces(space).some(({ state }) => state === "resting"),
  );
  const isNewStore = fleet.generation > picture.generation || picture.cluster === "";
  const seen = BigInt(picture.revision);
  // While the fleet is halted the picture keeps what it knew of the store before.
  const revision = isNewStore || core.highest > seen ? core.highest : seen;
  draft.picture = {
    ...picture,
    ...(rest !== undefined && isResting ? { rest } : {}),
    ...(refusals === undefined ? {} : { refusals }),
    ...(haltRevision === undefined || halted === undefined ? {} : { halted }),
    ...(haltRevision === undefined || isNewStore ? { cluster, generation: fleet.generation } : {}),
    revision: revision.toString(),
    confirmed: { boot: core.clock.boot, atMs },
  };
}
