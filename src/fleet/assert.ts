/** While the fleet is halted: each node writes into the store again what it holds. */
import type { Prefix } from "../addr/index.ts";
import { knownOf, note, putBlock, readBlock, relation, unchanged } from "./blocks.ts";
import type { Core, KnownBlock } from "./core.ts";
import { type Piece, piecesOf } from "./holdings.ts";
import { readAll } from "./pages.ts";
import { parseNode } from "./parse.ts";
import { assigned, type Share } from "./parts.ts";
import { common } from "./pieces.ts";

/** So often one block is tried, while others change it. */
const TRIES = 5;

/**
 * Makes a store that went back before it say of this node what its picture says: what ADD may reserve from is
 * its own, and what it has given away is not. Gives what another node holds as well, as that node asserts.
 */
export async function assertAll(core: Core): Promise<readonly Prefix[]> {
  if (core.won.record.asserted !== core.won.haltRevision?.toString()) await findOwn(core);
  const picture = await core.files.read();
  const disputed: Prefix[] = [];
  for (const [key, first] of core.blocks) {
    const { space, block } = first;
    const pieces = piecesOf(picture?.subnets[space.index]).filter(
      ({ prefix }) => common(prefix, block) !== undefined,
    );
    let known = first;
    for (let tries = 0; tries < TRIES; tries++) {
      const shares = asserted(core, known, pieces);
      if (shares === undefined) break;
      const { done, revision } = await core.transactFreely(
        [...core.guards(), unchanged(core, known)],
        [putBlock(core, block, shares)],
      );
      known = done ? { ...known, shares, revision } : await readBlock(core, space, block);
      core.blocks.set(key, known);
      if (done) break;
    }
    disputed.push(...(await disputes(core, known, pieces)));
  }
  return disputed;
}

/** Notes every block of which the store says that it is this node's, once a halt: the picture may not name it. */
async function findOwn(core: Core): Promise<void> {
  const call = core.signal === undefined ? {} : { signal: core.signal };
  const { entries } = await readAll(core.store, core.keys.blocks, call);
  for (const entry of entries) {
    const address = core.keys.blockAddress(entry.key);
    const space = address && core.spaces.find(({ subnet }) => subnet.contains(address));
    if (address === undefined || space === undefined || core.blocks.has(entry.key)) continue;
    note(core, knownOf(core, space, space.blockOf(address), entry));
  }
}

/** The block's shares as the picture has them; undefined where they are so, or are not to be changed. */
function asserted(core: Core, known: KnownBlock, pieces: readonly Piece[]): Share[] | undefined {
  const { block, revision, shares } = known;
  // A value of another program is never replaced.
  if (shares === undefined && revision !== undefined) return undefined;
  const before = shares ?? [{ prefix: block, owner: undefined }];
  let after: Share[] = [...before];
  for (const { prefix, owner } of before) {
    // What is not in the picture was given away after the backup: another node holds it.
    if (relation(core, owner) === "mine") after = assigned(after, prefix, undefined);
  }
  for (const { prefix, state } of pieces) {
    if (state === "asked") continue;
    for (const share of before) {
      const both = common(share.prefix, prefix);
      if (both === undefined) continue;
      const relationTo = relation(core, share.owner);
      const isFree = share.owner === undefined || relationTo === "old";
      const isHeld = state === "held" || state === "leaving";
      if (relationTo === "mine" || (isFree && isHeld)) {
        after = assigned(after, both, core.won.owner);
      }
    }
  }
  return JSON.stringify(after) === JSON.stringify(before) ? undefined : after;
}

/** What this node holds, and another one as well, which has asserted in this halt that it does. */
async function disputes(
  core: Core,
  { shares }: KnownBlock,
  pieces: readonly Piece[],
): Promise<Prefix[]> {
  const found: Prefix[] = [];
  for (const { prefix, owner } of shares ?? []) {
    if (owner === undefined || relation(core, owner) !== "other") continue;
    const held = pieces.filter(({ state }) => state === "held" || state === "leaving");
    const shared = held.flatMap((piece) => common(piece.prefix, prefix) ?? []);
    if (shared.length === 0) continue;
    const entry = await core.readKey(core.keys.node(owner.node));
    const record = entry === undefined ? undefined : parseNode(entry.value);
    // Until it has, the store says what was so when the backup was made.
    if (record?.asserted !== core.won.haltRevision?.toString()) continue;
    for (const both of shared) {
      const text = `${core.title} holds ${both}, and the store says that node ${owner.node} does`;
      core.reportOnce("conflict", text);
      found.push(both);
    }
  }
  return found;
}
