/** ADDs that want one address and no other, or the address of a name. */
import { type Ip, Prefix } from "../addr/index.ts";
import type { Asking } from "./asking.ts";
import { note, readBlock, relation } from "./blocks.ts";
import { claim } from "./claim.ts";
import { reconcile } from "./confirm.ts";
import { asSeen, type Core, type KnownBlock } from "./core.ts";
import { revise } from "./draft.ts";
import { type Owner, ownerAt } from "./parts.ts";
import { type Quarantines, whatSaysOver } from "./quarantine.ts";

/** What a wish has come to: the node has it, has to wait for another one, or why it cannot be had. */
export type Fate = "here" | "waiting" | { readonly refused: string };

/** What wishes are served with. */
export interface Servants {
  readonly core: Core;
  readonly asking: Asking;
  readonly quarantines: Quarantines;
}

/** Gets one address, from whichever node may give it. */
export async function serveAddress(servants: Servants, address: Ip): Promise<Fate> {
  const { core, asking, quarantines } = servants;
  const space = core.spaces.find(({ subnet }) => subnet.contains(address));
  if (space === undefined) return { refused: `${address} is in no subnet of the fleet` };
  if (!space.isUsable(address)) return { refused: `${address} is no address for a container` };
  const known = await readBlock(core, space, space.blockOf(address));
  if (known.shares === undefined && known.revision !== undefined) {
    return { refused: `the record of ${known.block} is not this program's` };
  }
  const owner = ownerAt(known.shares, address);
  if (owner === undefined) return await takeAddress(core, known, address, []);
  const whose = relation(core, owner);
  if (whose === "mine") return await reclaim(core, known);
  if (whose === "old") return { refused: `${address} rests since this node has started again` };
  const over = await whatSaysOver(core, owner);
  if (over === undefined) {
    const { index } = space;
    await asking.ask(owner.node, `${address}`, { subnet: index, count: 1, address: `${address}` });
    return "waiting";
  }
  if (!(await quarantines.look(owner))) return { refused: inQuarantine(address, owner) };
  const key = core.keys.quarantine(owner.node, owner.epoch);
  const count = await core.readKey(key);
  if (count === undefined) return { refused: inQuarantine(address, owner) };
  return await takeAddress(core, known, address, [asSeen(key, count), ...over]);
}

async function takeAddress(
  core: Core,
  known: KnownBlock,
  address: Ip,
  conditions: Parameters<typeof claim>[1][number]["conditions"],
): Promise<Fate> {
  const done = await claim(core, [{ known, prefix: Prefix.ofHost(address), conditions }]);
  return done ? "here" : "waiting";
}

/** What the store says is this node's is so in the picture as well. */
async function reclaim(core: Core, known: KnownBlock): Promise<Fate> {
  note(core, known);
  await revise(core, (draft) => reconcile(draft, known));
  return "here";
}

function inQuarantine(address: Ip, { node }: Owner): string {
  return `${address} was held by node ${node}, which is dead; it is free when the quarantine is over`;
}
