import type { ValidAttachment } from "../../../spec/index.ts";
import { type Holding, isHeldBy } from "./content.ts";
import type { ReservationDirectory } from "./directory.ts";
import { Pieces } from "./pieces.ts";

/** What a removal came to: names that are gone, and what went wrong with others. */
export interface Removal {
  removed: string[];
  errors: Error[];
}

/**
 * Removes every address of the attachment; when it has none, those of its container that are
 * noted in the old form without interface. Goes on past errors. The caller holds the lock.
 */
export function release(directory: ReservationDirectory, holding: Holding): Removal {
  const removal: Removal = { removed: [], errors: [] };
  const old: string[] = [];
  for (const [name, holder] of directory.heldBy(holding, (error) => removal.errors.push(error))) {
    if (isHeldBy(holder, holding)) {
      remove(directory, name, removal);
    } else {
      old.push(name);
    }
  }
  if (removal.removed.length === 0 && removal.errors.length === 0) {
    for (const name of old) {
      remove(directory, name, removal);
    }
  }
  return removal;
}

/** Removes the named addresses as far as the attachment still holds them. */
export function releaseNamed(
  directory: ReservationDirectory,
  holding: Holding,
  names: readonly string[],
): void {
  for (const name of names) {
    const holder = directory.holder(name);
    if (holder !== undefined && isHeldBy(holder, holding)) {
      directory.remove(name);
    }
  }
}

/**
 * Removes every address whose attachment is not among the valid ones, and those that nobody
 * holds. The old form without interface stays, because it does not say which attachment it is
 * of; so does what is no reservation. Goes on past errors. The caller holds the lock.
 */
export async function collect(
  directory: ReservationDirectory,
  valid: readonly ValidAttachment[],
): Promise<Removal> {
  const removal: Removal = { removed: [], errors: [] };
  const keep = new Set(valid.map(({ containerID, ifname }) => key(containerID, ifname)));
  await directory.readAhead();
  const pieces = new Pieces();
  for (const [name, holder] of directory.holders((error) => removal.errors.push(error))) {
    await pieces.next();
    const isStale =
      holder.kind === "attachment" && !keep.has(key(holder.containerId, holder.ifName));
    if (isStale || holder.kind === "nobody") {
      remove(directory, name, removal);
    }
  }
  return removal;
}

function remove(directory: ReservationDirectory, name: string, removal: Removal): void {
  try {
    directory.remove(name);
    removal.removed.push(name);
  } catch (error) {
    removal.errors.push(error instanceof Error ? error : new Error(String(error)));
  }
}

function key(containerId: string, ifName: string): string {
  return `${containerId}\0${ifName}`;
}
