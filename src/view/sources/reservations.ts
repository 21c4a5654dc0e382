import { join, resolve } from "node:path";
import { type FoundReservation, reservationsIn } from "../../state/reservations/index.ts";
import { namesIn } from "./places.ts";
import { type OnProblem, orProblem, problemOf } from "./problem.ts";

/** An address that is taken, and the network in whose directory it is noted. */
export interface Reservation extends FoundReservation {
  readonly network: string;
  /** All networks that reserve addresses there, where there are several: those of one fleet's network. */
  readonly sharedBy?: readonly string[];
}

/** More files than are looked at in all; what follows is not read. */
const FILES_MAX = 200_000;

/** Where to look for reservations. */
export interface ReservationPlaces {
  /** The usual directory: every network in it. */
  readonly dataDir: string;
  /** Directories that configurations name: there those networks alone, since it may be any directory. */
  readonly named: ReadonlyMap<string, ReadonlySet<string>>;
  /** Networks by the directory of their reservations, where that has not their name. */
  readonly fleets?: ReadonlyMap<string, readonly string[]>;
}

/** The reservations of all networks, by whichever implementation of host-local. */
export function reservationsOf(
  { dataDir, named, fleets }: ReservationPlaces,
  onProblem: OnProblem,
): Reservation[] {
  const networks = orProblem(dataDir, onProblem, () => namesIn(dataDir)) ?? [];
  // A name that starts with a dot is no network's.
  const usual = networks.filter((name) => !name.startsWith("."));
  const places = new Map<string, readonly string[]>(
    usual.map((name) => [join(dataDir, name), [name]]),
  );
  for (const [dir, names] of named) {
    for (const name of names) places.set(join(resolve(dir), name), [name]);
  }
  for (const [path, sharers] of fleets ?? []) places.set(resolve(path), sharers);
  const found: Reservation[] = [];
  for (const [path, sharers] of places) {
    const [network = ""] = sharers;
    const owners = sharers.length > 1 ? { network, sharedBy: sharers } : { network };
    orProblem(path, onProblem, () => {
      for (const one of reservationsIn(path, (error) => onProblem(problemOf(path, error)))) {
        if (found.length === FILES_MAX) throw new Error(`more than ${FILES_MAX} files: not read`);
        found.push({ ...one, ...owners });
      }
    });
  }
  return found;
}
