/** While the fleet is halted: each node writes into the store again what it holds. */
import { Prefix } from "../addr/index.ts";
import { putBlock, readBlock, relation, unchanged } from "./blocks.ts";
import type { Core, KnownBlock } from "./core.ts";
import { assigned, type Share } from "./parts.ts";
import { common } from "./pieces.ts";

/** So often one block is tried, while others change it. */
const TRIES = 5;

/** Puts what ADD may reserve from, and what containers have, into a store that went back before it. */
export async function assertAll(core: Core): Promise<void> {
  const picture = await core.files.read();
  for (const [key, first] of core.blocks) {
    const { space, block } = first;
    const held = (picture?.subnets[space.index]?.holdings ?? [])
      .filter(({ state }) => state === "held" || state === "leaving")
      .map(({ prefix }) => Prefix.parse(prefix))
      .filter((prefix) => common(prefix, block) !== undefined);
    let known = first;
    for (let tries = 0; tries < TRIES; tries++) {
      const shares = asserted(core, known, held);
      if (shares === undefined) break;
      const { done, revision } = await core.transactFreely(
        [...core.guards(), unchanged(core, known)],
        [putBlock(core, block, shares)],
      );
      known = done ? { ...known, shares, revision } : await readBlock(core, space, block);
      core.blocks.set(key, known);
      if (done) break;
    }
  }
}

/** The block's shares with what this node holds; undefined where they are so, or are not to be changed. */
function asserted(core: Core, known: KnownBlock, held: readonly Prefix[]): Share[] | undefined {
  const { block, revision, shares } = known;
  // A value of another program is never replaced.
  if (shares === undefined && revision !== undefined) return undefined;
  const before = shares ?? [{ prefix: block, owner: undefined }];
  let after: Share[] = [...before];
  for (const prefix of held) {
    for (const share of before) {
      const both = common(share.prefix, prefix);
      if (both === undefined) continue;
      const isFree = share.owner === undefined || relation(core, share.owner) === "old";
      if (isFree) after = assigned(after, both, core.won.owner);
      else if (relation(core, share.owner) === "other") {
        core.reportOnce(
          "conflict",
          `${core.title} holds ${both}, and the store says that node ${share.owner?.node} does`,
        );
      }
    }
  }
  return JSON.stringify(after) === JSON.stringify(before) ? undefined : after;
}
