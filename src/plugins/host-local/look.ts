import { existsSync, lstatSync } from "node:fs";
import { Ip } from "../../addr/index.ts";
import type { Context } from "../../plugin/index.ts";
import { parsePools } from "./config.ts";
import type { Holder } from "./holder.ts";
import { fillOf, type RangeSetFill, View } from "./kind/fill.ts";
import { readLast } from "./kind/last.ts";
import type { RangeSet } from "./kind/range.ts";
import { pathOf } from "./kind/reservation-dir.ts";
import type { Reservations } from "./kind/reservations.ts";
import { TimeSlicer } from "./time-slicer.ts";

// For commands and daemons that look at reservations: no lock is taken, and nothing is changed.

/** The ranges that a configuration names, and where their reservations lie. */
export interface PoolPlace {
  /** The network's directory; it need not be there. */
  readonly path: string;
  readonly sets: readonly RangeSet[];
  /** The address that was handed out last from each set, where it is noted. */
  readonly last: readonly (Ip | undefined)[];
}

/** An address that is reserved, by the file of that name. */
export interface Reservation {
  readonly ip: Ip;
  readonly path: string;
  readonly holder: Holder;
  /** By the clock of the file system, in milliseconds. */
  readonly writtenMs: number;
}

/** What of a call names the ranges. */
type Named = Pick<Context, "config" | "network">;

/** @throws CniError for a configuration that is wrong */
export function poolPlace(ctx: Named): PoolPlace {
  const { dir, sets } = parsePools(ctx);
  const path = pathOf(dir);
  return { path, sets, last: sets.map((_, index) => readLast(path, index)) };
}

/**
 * How full the range sets are that a configuration names.
 * @throws CniError for a configuration that is wrong, or of code 5 when the directory cannot be read
 */
export async function poolsOf(ctx: Named): Promise<readonly RangeSetFill[]> {
  const { dir, sets } = parsePools(ctx);
  return await fillOf(dir, sets);
}

/**
 * All reservations in a network's directory, in order; none when it is not there. A file that cannot be read is
 * a reservation of an unknown holder.
 * @throws CniError of code 5 when the directory cannot be read
 */
export async function reservationsIn(path: string): Promise<Reservation[]> {
  if (!existsSync(path)) return [];
  using view = new View(path);
  const { reservations } = view;
  const slicer = new TimeSlicer();
  const found: Reservation[] = [];
  for (const name of reservations.names) {
    await slicer.next();
    const ip = Ip.tryParse(name);
    // Another spelling of an address does not keep it from being handed out.
    if (ip?.toString() !== name) continue;
    found.push(...read(reservations, ip));
  }
  return found.toSorted((one, other) => one.ip.compare(other.ip));
}

/** The reservation of one address; undefined when there is none. */
export function reservationOf(path: string, ip: Ip): Reservation | undefined {
  using view = new View(path);
  return read(view.reservations, ip)[0];
}

/** None of one that has just gone, and of a vacant one, which is free. */
function read(reservations: Reservations, ip: Ip): Reservation[] {
  const path = `${reservations.path}/${ip.toString()}`;
  const writtenMs = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (writtenMs === undefined) return [];
  const holder = holderOf(reservations, ip.toString());
  return holder === undefined || holder.kind === "vacant" ? [] : [{ ip, path, holder, writtenMs }];
}

function holderOf(reservations: Reservations, name: string): Holder | undefined {
  try {
    return reservations.holder(name);
  } catch {
    return { kind: "unknown" };
  }
}
