/** Which machine won which epoch of a node's id: a copy of its disk is another machine. */
import { defined } from "../base/index.ts";
import type { Core } from "./core.ts";
import type { Owner } from "./parts.ts";
import type { NodeRecord, WonBy } from "./records.ts";

/** So many changes of the machine are remembered: what was won before them rests. */
const MOST = 8;

/** The list after this machine has an epoch. */
export function wonByAfter(
  before: NodeRecord | undefined,
  epoch: number,
  machine: string | undefined,
): readonly WonBy[] {
  const known = before === undefined ? [] : listOf(before);
  if (epoch === before?.epoch) return known;
  const now = { from: epoch, ...defined({ machine }) };
  const next = (before?.epoch ?? 0) + 1;
  if (epoch !== next) {
    return [...known, { from: next, isForgotten: true as const }, now].slice(-MOST);
  }
  const isSame = machine !== undefined && known.at(-1)?.machine === machine;
  return isSame ? known : [...known, now].slice(-MOST);
}

/** Whether this machine won an epoch, by more than what a copied disk says. */
export function hasWon(record: NodeRecord, epoch: number, machine: string | undefined): boolean {
  const { machine: winner } = listOf(record).findLast(({ from }) => from <= epoch) ?? {};
  return machine !== undefined && winner === machine;
}

/** Whether the store may have forgotten which machine won again what it says was held in an epoch. */
export function hasForgotten(record: NodeRecord, epoch: number): boolean {
  return listOf(record).some(({ from, isForgotten }) => isForgotten === true && from > epoch);
}

/** Whether this machine won an epoch that the record names, and is no copy of the one that did. */
export function wasWonHere(core: Core, record: NodeRecord, epoch: number): boolean {
  return epoch > core.copiedEpoch && hasWon(record, epoch, core.facts.machine);
}

/** The same of the epoch in which a piece is held. */
export function isOfThisMachine(core: Core, owner: Owner | undefined): boolean {
  return owner !== undefined && wasWonHere(core, core.won.record, owner.epoch);
}

/** A record of before the list says which machine won its own epoch. */
function listOf({ wonBy, epoch, machine }: NodeRecord): readonly WonBy[] {
  return wonBy ?? [{ from: epoch, ...defined({ machine }) }];
}
