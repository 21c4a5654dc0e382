import { CniError, type ValidAttachment } from "../../../spec/index.ts";
import { type Holder, type Holding, isHeldBy } from "../holder.ts";
import { TimeSlicer } from "../time-slicer.ts";
import type { Reservations } from "./reservations.ts";

/** What a removal came to: names that are gone, and what went wrong with others. */
export interface Removal {
  removed: string[];
  errors: CniError[];
}

/**
 * Removes every address of the attachment; when it has none, those of its container that are
 * noted in the old form without interface. Goes on past errors. The caller holds the lock.
 */
export function release(reservations: Reservations, holding: Holding): Removal {
  const removal: Removal = { removed: [], errors: [] };
  const old: string[] = [];
  for (const [name, holder] of reservations.heldBy(holding, (error) =>
    removal.errors.push(error),
  )) {
    if (isHeldBy(holder, holding)) {
      remove(reservations, name, removal);
    } else {
      old.push(name);
    }
  }
  if (removal.removed.length === 0 && removal.errors.length === 0) {
    for (const name of old) remove(reservations, name, removal);
  }
  return removal;
}

/** Removes the named addresses as far as the attachment still holds them. */
export function releaseNamed(
  reservations: Reservations,
  holding: Holding,
  names: readonly string[],
): void {
  for (const name of names) {
    const holder = reservations.holder(name);
    if (holder !== undefined && isHeldBy(holder, holding)) reservations.remove(name);
  }
}

/**
 * Removes every address whose attachment is not among the valid ones, and those that are vacant.
 * The old form without interface stays while its container has any valid attachment. A line that a
 * person wrote stays, and so does what is no reservation. Goes on past errors. The caller holds the
 * lock.
 */
export async function collect(
  reservations: Reservations,
  valid: readonly ValidAttachment[],
): Promise<Removal> {
  const removal: Removal = { removed: [], errors: [] };
  const keep = new Set(valid.map(({ containerID, ifname }) => key(containerID, ifname)));
  const living = new Set(valid.map(({ containerID }) => containerID));
  const isStale = (holder: Holder): boolean => {
    if (holder.kind === "container") {
      return holder.isLine !== true && !living.has(holder.containerId);
    }
    return holder.kind === "attachment" && !keep.has(key(holder.containerId, holder.ifName));
  };
  await reservations.readAhead();
  const slicer = new TimeSlicer();
  for (const [name, holder] of reservations.holders((error) => removal.errors.push(error))) {
    await slicer.next();
    if (isStale(holder) || holder.kind === "vacant") remove(reservations, name, removal);
  }
  return removal;
}

function remove(reservations: Reservations, name: string, removal: Removal): void {
  try {
    reservations.remove(name);
    removal.removed.push(name);
  } catch (error) {
    removal.errors.push(CniError.from(error));
  }
}

function key(containerId: string, ifName: string): string {
  return `${containerId}\0${ifName}`;
}
