/** Addresses that follow a name from node to node. */
import { Ip } from "../addr/index.ts";
import type { Change, Condition, Entry } from "../store/index.ts";
import { asSeen, type Core } from "./core.ts";
import { type Draft, revise } from "./draft.ts";
import { parseSticky } from "./parse.ts";
import { whatSaysOver } from "./quarantine.ts";
import type { StickyRecord } from "./records.ts";
import { type Fate, type Servants, serveAddress } from "./wishes.ts";

/** Gets the addresses of a name here: new ones for a new name, else those that it has. */
export async function serveName(servants: Servants, name: string): Promise<Fate> {
  const { core } = servants;
  const key = core.keys.sticky(name);
  const entry = await core.readKey(key);
  if (entry === undefined) return await begin(core, key, name);
  const record = parseSticky(entry.value);
  if (record === undefined) return { refused: `${key} holds no record of this program` };
  if (record.node !== core.node) return await fetchName(servants, { name, entry, record });
  if (record.epoch !== core.won.owner.epoch && !(await move(core, entry, record, []))) {
    return "waiting";
  }
  for (const address of record.addresses) {
    const fate = await serveAddress(servants, Ip.parse(address));
    if (fate !== "here") return fate;
  }
  await revise(core, (draft) => keep(draft, name, record.addresses));
  return "here";
}

/** A name that has no address yet gets free ones of this node, one a subnet. */
async function begin(core: Core, key: string, name: string): Promise<Fate> {
  const addresses = await revise(core, (draft) => {
    // Names are strangers': one may be called "constructor".
    const { sticky = {} } = draft.picture;
    const kept = Object.hasOwn(sticky, name) ? sticky[name] : undefined;
    // From before a crash; what the node has lost since is no address for the name.
    if (kept?.every((text) => isHeld(draft, Ip.parse(text)))) return kept;
    const chosen: string[] = [];
    for (const space of core.spaces) {
      const occupied = draft.occupied(space);
      let free: Ip | undefined;
      for (const prefix of draft.held(space)) free ??= occupied.firstFree(prefix);
      if (free === undefined) return undefined;
      chosen.push(free.toString());
    }
    keep(draft, name, chosen);
    return chosen;
  });
  if (addresses === undefined) return "waiting";
  const { owner } = core.won;
  const record: StickyRecord = { addresses, ...owner };
  const { done } = await core.transact(
    [asSeen(key, undefined)],
    [{ put: key, value: JSON.stringify(record) }],
  );
  if (!done) await forget(core, name);
  return done ? "here" : "waiting";
}

interface Elsewhere {
  readonly name: string;
  readonly entry: Entry;
  readonly record: StickyRecord;
}

/** Asks the node that has the name; of a dead one it is taken when the quarantine is over. */
async function fetchName(
  { core, asking, quarantines }: Servants,
  { name, entry, record }: Elsewhere,
): Promise<Fate> {
  const owner = { node: record.node, epoch: record.epoch };
  const over = await whatSaysOver(core, owner);
  if (over === undefined) {
    await asking.ask(owner.node, name, { subnet: 0, count: 1, sticky: name });
    return "waiting";
  }
  const key = core.keys.quarantine(owner.node, owner.epoch);
  const isOver = await quarantines.look(owner);
  const count = await core.readKey(key);
  if (!isOver || count === undefined) {
    return {
      refused: `${name} was on node ${owner.node}, which is dead; it is free when the quarantine is over`,
    };
  }
  await move(core, entry, record, [asSeen(key, count), ...over]);
  return "waiting";
}

/** The name is on this node from now on. */
async function move(
  core: Core,
  entry: Entry,
  record: StickyRecord,
  conditions: readonly Condition[],
): Promise<boolean> {
  const change: Change = {
    put: entry.key,
    value: JSON.stringify({ ...record, ...core.won.owner }),
  };
  const { done } = await core.transact([asSeen(entry.key, entry), ...conditions], [change]);
  return done;
}

function keep(draft: Draft, name: string, addresses: readonly string[]): void {
  const { sticky } = draft.picture;
  draft.picture = { ...draft.picture, sticky: { ...sticky, [name]: addresses } };
}

function isHeld(draft: Draft, address: Ip): boolean {
  const space = draft.core.spaces.find(({ subnet }) => subnet.contains(address));
  return space !== undefined && draft.held(space).some((prefix) => prefix.contains(address));
}

/** An administrator has freed a name. It may have begun anew on this node since. */
export async function letGo(core: Core, name: string): Promise<void> {
  const entry = await core.readKey(core.keys.sticky(name));
  const record = entry === undefined ? undefined : parseSticky(entry.value);
  if (record?.node !== core.node) await forget(core, name);
}

/** The name is not on this node any more. */
export async function forget(core: Core, name: string): Promise<void> {
  await revise(core, (draft) => {
    const { [name]: _, ...sticky } = draft.picture.sticky ?? {};
    draft.picture = { ...draft.picture, sticky };
  });
}
