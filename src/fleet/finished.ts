/** Counts of quarantines whose epochs hold nothing any more. */
import { knownOf } from "./blocks.ts";
import { asSeen, type Core } from "./core.ts";
import { after } from "./keys.ts";
import { parseNode } from "./parse.ts";
import { isSame, type Owner } from "./parts.ts";

/** Records in a page, and pages that are read: in a larger fleet a count may stay. */
const PAGE = 128;
const PAGES = 64;

/**
 * Removes the count of an epoch that its id has left behind, where the epoch holds nothing. That of a dead
 * node's last epoch stays: it says that there is nothing more to count.
 *
 * Were it removed too early, the rest of what the epoch holds would be counted from the beginning again.
 */
export async function removeFinished(core: Core, owner: Owner): Promise<void> {
  const { keys } = core;
  const node = await core.readKey(keys.node(owner.node));
  const record = node === undefined ? undefined : parseNode(node.value);
  if (node === undefined || record === undefined || record.epoch <= owner.epoch) return;
  const key = keys.quarantine(owner.node, owner.epoch);
  const count = await core.readKey(key);
  if (count === undefined || !(await holdsNothing(core, owner))) return;
  await core.transact([asSeen(key, count), asSeen(node.key, node)], [{ delete: key }]);
}

/** False also where there are too many blocks to look at all of them. */
async function holdsNothing(core: Core, owner: Owner): Promise<boolean> {
  const { blocks } = core.keys;
  let from = blocks;
  for (let page = 0; page < PAGES; page++) {
    const { entries, more } = await core.read(after(from, blocks, PAGE));
    for (const entry of entries) {
      from = entry.key;
      const address = core.keys.blockAddress(entry.key);
      const space = core.spaces.find(({ subnet }) => address && subnet.contains(address));
      if (address === undefined || space === undefined) continue;
      const { shares } = knownOf(core, space, space.blockOf(address), entry);
      // A record that cannot be read may say anything.
      if (shares === undefined || shares.some((share) => isSame(share.owner, owner))) return false;
    }
    if (!more) return true;
  }
  return false;
}
