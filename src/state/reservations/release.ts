import { CniError, type ValidAttachment } from "../../spec/index.ts";
import { type Holder, type Holding, isHeldBy } from "./holder.ts";
import type { Reservations } from "./reservations.ts";
import { TimeSlicer } from "./time-slicer.ts";

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
  const { names, errors } = heldNames(reservations, holding);
  const removal: Removal = { removed: [], errors };
  for (const name of names) remove(reservations, name, removal);
  return removal;
}

/**
 * The addresses that are the attachment's to release: its own, else those in the old form, unless a
 * file could not be read, which may be one of its own.
 */
export function heldNames(
  reservations: Pick<Reservations, "heldBy">,
  holding: Holding,
): { names: string[]; errors: CniError[] } {
  const errors: CniError[] = [];
  const held = reservations.heldBy(holding, (error) => errors.push(error));
  const own = held.filter(([, holder]) => isHeldBy(holder, holding));
  const meant = own.length > 0 || errors.length > 0 ? own : held;
  return { names: meant.map(([name]) => name), errors };
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
  const onError = (error: CniError): void => void removal.errors.push(error);
  for await (const [name] of staleNames(reservations, valid, onError)) {
    remove(reservations, name, removal);
  }
  return removal;
}

/** The addresses that `collect` removes, with their holders. Files that cannot be read go to `onError`. */
export async function* staleNames(
  reservations: Reservations,
  valid: readonly ValidAttachment[],
  onError: (error: CniError) => void,
): AsyncGenerator<[name: string, holder: Holder]> {
  const keep = new Set(valid.map(({ containerId, ifName }) => key(containerId, ifName)));
  const living = new Set(valid.map(({ containerId }) => containerId));
  const isStale = (holder: Holder): boolean => {
    if (holder.kind === "container") {
      return holder.isLine !== true && !living.has(holder.containerId);
    }
    return holder.kind === "attachment" && !keep.has(key(holder.containerId, holder.ifName));
  };
  await reservations.readAhead();
  const slicer = new TimeSlicer();
  for (const [name, holder] of reservations.holders(onError)) {
    await slicer.next();
    if (isStale(holder) || holder.kind === "vacant") yield [name, holder];
  }
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
