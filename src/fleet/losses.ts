/** What was lost, while containers have addresses of it, and no node has now: it becomes the node's own again. */
import { readBlock } from "./blocks.ts";
import { type Aim, claim } from "./claim.ts";
import type { Core, KnownBlock } from "./core.ts";
import { type Draft, revise } from "./draft.ts";
import { piecesOf } from "./holdings.ts";
import type { Picture } from "./picture.ts";
import { common } from "./pieces.ts";

/** Blocks that are looked at in a look, and pieces of one; and the time between two looks, in milliseconds. */
const AT_ONCE = 16;
const REST_MS = 30_000;

/**
 * Looks after losses that are free: an administrator has given the node up while it was cut off, the block's
 * key was removed by hand, or the node that took the block has given it back. Its addresses are in use here, so
 * no other node should be given them; and packets find these containers again.
 */
export class Losses {
  readonly #core: Core;
  #atMs = Number.NEGATIVE_INFINITY;

  constructor(core: Core) {
    this.#core = core;
  }

  /** What a new session says is lost is looked at with the next round. */
  lookSoon(): void {
    this.#atMs = Number.NEGATIVE_INFINITY;
  }

  async winBack(): Promise<void> {
    const core = this.#core;
    if (core.clock.now() < this.#atMs) return;
    this.#atMs = core.clock.now() + REST_MS;
    const blocks = lostBlocks(core, await core.files.read());
    if (blocks.length === 0) return;
    // More than are looked at have their turn by chance.
    const start = Math.floor(core.chance() * blocks.length);
    const some = [...blocks.slice(start), ...blocks.slice(0, start)].slice(0, AT_ONCE);
    for (const block of some) await this.#winBackOf(block);
  }

  /** What was lost of a block may lie in several pieces of it. */
  async #winBackOf({ space, block }: LostBlock): Promise<void> {
    const core = this.#core;
    for (let pieces = 0; pieces < AT_ONCE; pieces++) {
      const known = await readBlock(core, space, block);
      const aim = await revise(core, (draft) => aimAt(draft, known));
      if (aim === undefined || !(await claim(core, [aim]))) return;
      core.report("won back", `${core.title} has won back ${aim.prefix}, which no node had`);
    }
  }
}

type LostBlock = Pick<KnownBlock, "space" | "block">;

/** The blocks of which the picture has something as lost, each once. */
function lostBlocks({ spaces }: Core, picture: Picture | undefined): LostBlock[] {
  const found = new Map<string, LostBlock>();
  for (const space of spaces) {
    for (const { prefix, state } of piecesOf(picture?.subnets[space.index])) {
      const block = space.blockOf(prefix.ip);
      if (state === "lost") found.set(block.toString(), { space, block });
    }
  }
  return [...found.values()];
}

/** A free part of the block in which containers of this node have addresses that are lost. */
function aimAt(draft: Draft, known: KnownBlock): Aim | undefined {
  const { space, block, shares, revision } = known;
  // A value of another program is never replaced.
  if (shares === undefined && revision !== undefined) return undefined;
  const occupied = draft.occupied(space);
  for (const { prefix: part, owner } of shares ?? [{ prefix: block, owner: undefined }]) {
    if (owner !== undefined) continue;
    for (const { prefix: piece, state } of draft.pieces(space)) {
      const prefix = state === "lost" ? common(part, piece) : undefined;
      if (prefix === undefined || occupied.reservedIn(prefix).length === 0) continue;
      return { known, prefix, conditions: [] };
    }
  }
  return undefined;
}
