/** A node that has addresses gives some of them to one that asks. */
import { Ip, Prefix } from "../addr/index.ts";
import type { Change, Condition, Entry } from "../store/index.ts";
import { asSeen, type Core } from "./core.ts";
import { stockOf } from "./demand.ts";
import { type Draft, revise } from "./draft.ts";
import { handOver, type Move } from "./hand-over.ts";
import { parseAlive, parseSticky } from "./parse.ts";
import { covers, lengthFor } from "./pieces.ts";
import type { GivenRecord, StickyRecord, WantRecord } from "./records.ts";

/** What another node asks this one for. */
export interface Want {
  readonly entry: Entry;
  readonly from: string;
  readonly record: WantRecord;
}

/** Pieces given at once. */
const MOST = 8;

/**
 * Serves a want, or refuses it; in either case it is gone afterwards. A node that needs addresses itself
 * keeps the larger half.
 */
export async function lend(core: Core, want: Want, isNeeded: boolean): Promise<void> {
  const { entry, from, record } = want;
  const { keys } = core;
  const aliveEntry = await core.readKey(keys.alive(from));
  const alive = aliveEntry === undefined ? undefined : parseAlive(aliveEntry.value);
  if (aliveEntry === undefined || alive?.epoch !== record.epoch) {
    // The node that asked is gone, or has started again since.
    await core.transact([asSeen(entry.key, entry)], [{ delete: entry.key }]);
    return;
  }
  const conditions: Condition[] = [asSeen(entry.key, entry), asSeen(aliveEntry.key, aliveEntry)];
  const answer = (moves: readonly Move[]): Change[] => [
    { delete: entry.key },
    ...moves.map(({ prefix }) => letter(core, from, { prefix: `${prefix}`, from: core.node })),
  ];
  const refusal =
    record.sticky === undefined
      ? await give(core, want, isNeeded, { conditions, answer })
      : await giveName(core, want, record.sticky, { conditions, answer });
  if (refusal !== undefined) await refuse(core, want, refusal);
}

/** What a transaction that serves a want has to ask for and to change beside the blocks. */
interface Terms {
  readonly conditions: readonly Condition[];
  readonly answer: (moves: readonly Move[]) => readonly Change[];
}

/** Gives addresses; else says why not. */
async function give(
  core: Core,
  want: Want,
  isNeeded: boolean,
  { conditions, answer }: Terms,
): Promise<string | undefined> {
  let refusal: string | undefined;
  const moves = await handOver(core, {
    to: { node: want.from, epoch: want.record.epoch },
    conditions,
    choose: (draft) => {
      const chosen = choose(draft, want.record, isNeeded);
      if (typeof chosen !== "string") return chosen;
      refusal = chosen;
      return [];
    },
    changes: answer,
  });
  reportGiven(core, want, moves);
  return refusal;
}

/** Gives the addresses of a name, as far as this node has them, and the name with them. */
async function giveName(
  core: Core,
  want: Want,
  name: string,
  { conditions, answer }: Terms,
): Promise<string | undefined> {
  const key = core.keys.sticky(name);
  const entry = await core.readKey(key);
  const record = entry === undefined ? undefined : parseSticky(entry.value);
  if (entry === undefined || record?.node !== core.node) {
    return `${name} is not on node ${core.node}`;
  }
  const next: StickyRecord = { ...record, node: want.from, epoch: want.record.epoch };
  const terms = [...conditions, asSeen(key, entry)];
  const named = { put: key, value: JSON.stringify(next) };
  let refusal: string | undefined;
  let isHeld = false;
  const moves = await handOver(core, {
    to: { node: want.from, epoch: want.record.epoch },
    conditions: terms,
    choose: (draft) => {
      const chosen = chooseName(draft, record.addresses, name);
      if (typeof chosen === "string") refusal = chosen;
      else isHeld = chosen.length > 0;
      return typeof chosen === "string" ? [] : chosen;
    },
    changes: (some) => [...answer(some), named],
  });
  if (refusal !== undefined) return refusal;
  // What this node has not is asked for elsewhere; the name goes alone.
  if (!isHeld) await core.transact(terms, [...answer([]), named]);
  reportGiven(core, want, moves);
  await revise(core, (draft) => {
    const { [name]: _, ...sticky } = draft.picture.sticky ?? {};
    if (moves.length > 0 || !isHeld) draft.picture = { ...draft.picture, sticky };
  });
  return undefined;
}

function reportGiven(core: Core, { from }: Want, moves: readonly Move[]): void {
  if (moves.length === 0) return;
  const what = moves.map(({ prefix }) => prefix).join(", ");
  core.report("split", `${core.title} has given ${what} to node ${from}`);
}

/** What is given, or why nothing is. */
function choose(draft: Draft, record: WantRecord, isNeeded: boolean): Move[] | string {
  const { core } = draft;
  const { address } = record;
  if (address !== undefined) return chooseAddress(draft, Ip.parse(address), undefined);
  const space = core.spaces[record.subnet];
  if (space === undefined) return "there is no such subnet";
  const { free } = stockOf(draft, space);
  const half = Math.floor(free / 2);
  const count = Math.min(record.count, isNeeded ? half : Math.max(1, half));
  if (free < 1 || count < 1) return "no address is free";
  // Whole pieces of the largest power of two that is not too much.
  const length = lengthFor(space.subnet.family, 2 ** Math.floor(Math.log2(count)));
  const occupied = draft.occupied(space);
  const chosen: Move[] = [];
  let given = 0;
  for (const held of draft.held(space)) {
    for (const prefix of occupied.emptyIn(held, length, MOST - chosen.length)) {
      if (given >= count) break;
      chosen.push({ space, prefix });
      given += occupied.freeIn(prefix);
    }
  }
  return chosen.length === 0 ? "no address is free" : chosen;
}

/** The addresses of a name that are held here; none of them is in use. */
function chooseName(draft: Draft, addresses: readonly string[], name: string): Move[] | string {
  const chosen: Move[] = [];
  for (const text of addresses) {
    const address = Ip.parse(text);
    if (draft.reserved.has(address)) return `${text} is in use on node ${draft.core.node}`;
    const moves = chooseAddress(draft, address, name);
    if (typeof moves !== "string") chosen.push(...moves);
  }
  return chosen;
}

/** One address, unless a container, this node or another name has it. */
function chooseAddress(draft: Draft, address: Ip, name: string | undefined): Move[] | string {
  const { core, reserved, picture } = draft;
  const space = core.spaces.find(({ subnet }) => subnet.contains(address));
  const prefix = Prefix.ofHost(address);
  const isHeld = space !== undefined && draft.held(space).some((held) => covers(held, prefix));
  if (space === undefined || !isHeld) return `${address} is not held by node ${core.node}`;
  if (reserved.has(address)) return `${address} is in use on node ${core.node}`;
  const text = address.toString();
  if (picture.subnets[space.index]?.gateway === text) {
    return `${address} is the own address of node ${core.node}`;
  }
  const follows = Object.entries(picture.sticky ?? {}).find(([, all]) => all.includes(text));
  if (follows !== undefined && follows[0] !== name) {
    return `${address} follows the name ${follows[0]}`;
  }
  return [{ space, prefix }];
}

async function refuse(core: Core, { entry, from, record }: Want, reason: string): Promise<void> {
  const prefix = record.address ?? record.sticky ?? subnetName(record.subnet);
  const answer = letter(core, from, { prefix, from: core.node, refused: reason });
  await core.transact([asSeen(entry.key, entry)], [{ delete: entry.key }, answer]);
}

/** How a letter names any address of a subnet. */
export function subnetName(subnet: number): string {
  return `subnet ${subnet}`;
}

function letter(core: Core, to: string, record: GivenRecord): Change {
  return { put: core.keys.given(to, record.prefix), value: JSON.stringify(record) };
}
