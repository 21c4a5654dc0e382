import { existsSync } from "node:fs";
import { Ip } from "../../addr/index.ts";
import { capacity, type RangeSet, rangeFor, showRangeSet, size } from "./range.ts";
import { Register } from "./register/index.ts";
import { pathOf, type ReservationDir } from "./reservation-dir.ts";
import { Reservations } from "./reservations.ts";
import { TimeSlicer } from "./time-slicer.ts";

// Without the lock, a younger empty file may be just about to be written.
const WRITTEN_MS = 10_000;

/** How full a range set is, of the addresses that are had without asking for one. */
export interface RangeSetFill {
  /** The set's ranges: `10.1.0.1-10.1.0.6,10.2.0.1-10.2.0.6`. */
  readonly ranges: string;
  /** Addresses in all. */
  readonly capacity: bigint;
  /** Addresses with a reservation, at most all. */
  readonly reserved: bigint;
  /** Addresses of the ranges that are had only when asked for, and gateways. */
  readonly excluded: bigint;
}

/** Reservations as they are now, without the lock: for looking only. */
export class View implements Disposable {
  readonly reservations: Reservations;
  readonly #register: Register;

  constructor(path: string) {
    const now = Date.now();
    this.#register = new Register(path, now, "r");
    this.reservations = new Reservations(path, now - WRITTEN_MS, this.#register, false);
  }

  [Symbol.dispose](): void {
    this.#register[Symbol.dispose]();
  }
}

/**
 * How full each range set is, in their order. Lists the directory once; reads no reservation but those
 * of a set that seems to be full, as a vacant one is free. Changes nothing.
 * @throws CniError of code 5 when the directory cannot be read
 */
export async function fillOf(
  dir: ReservationDir,
  sets: readonly RangeSet[],
): Promise<RangeSetFill[]> {
  const path = pathOf(dir);
  const isThere = existsSync(path);
  using view = new View(path);
  const fills: RangeSetFill[] = [];
  for (const set of sets) {
    fills.push({
      ranges: showRangeSet(set),
      capacity: capacity(set),
      reserved: isThere ? await reservedOf(view.reservations, set) : 0n,
      excluded: set.reduce((sum, range) => sum + size(range), 0n) - capacity(set),
    });
  }
  return fills;
}

/** The sets that have no free address now. */
export async function fullSets(
  dir: ReservationDir,
  sets: readonly RangeSet[],
): Promise<RangeSet[]> {
  const path = pathOf(dir);
  if (!existsSync(path)) return [];
  using view = new View(path);
  const { reservations } = view;
  const full: RangeSet[] = [];
  for (const set of sets) {
    const room = capacity(set);
    // Fewer files than addresses: no need to look which they are.
    if (BigInt(reservations.names.size) < room) continue;
    if ((await reservedOf(reservations, set)) >= room) full.push(set);
  }
  return full;
}

async function reservedOf(reservations: Reservations, set: RangeSet): Promise<bigint> {
  const room = capacity(set);
  const slicer = new TimeSlicer();
  const taken: string[] = [];
  for (const name of reservations.names) {
    await slicer.next();
    if (occupies(set, name)) taken.push(name);
  }
  if (BigInt(taken.length) < room) return BigInt(taken.length);
  let vacant = 0n;
  for (const name of taken) {
    await slicer.next();
    if (reservations.holder(name)?.kind === "vacant") vacant++;
  }
  return room - vacant;
}

function occupies(set: RangeSet, name: string): boolean {
  const ip = Ip.tryParse(name);
  // Another spelling of an address does not keep it from being handed out.
  if (ip === undefined || ip.toString() !== name) return false;
  const number = ip.toBigInt();
  const excluded = rangeFor(set, ip)?.excluded;
  return excluded?.some(({ from, to }) => from <= number && number <= to) === false;
}
