/** What `reservation` would reserve or release, by the same choice and search; touches nothing. */
import { existsSync } from "node:fs";
import type { ValidAttachment } from "../../spec/index.ts";
import { type Finding, removed } from "../standing.ts";
import { type AllocationRequest, allocate, CHOOSING, type Looked } from "./allocate.ts";
import type { Choice } from "./choose.ts";
import { View } from "./fill.ts";
import type { Holder, Holding } from "./holder.ts";
import { heldNames, staleNames } from "./release.ts";
import { pathOf, type ReservationDir } from "./reservation-dir.ts";

/**
 * The addresses that an ADD would get now.
 * @throws the CniError of that ADD, where it would get none
 */
export async function chooseOnly(
  dir: ReservationDir,
  request: AllocationRequest,
): Promise<Choice[]> {
  const path = pathOf(dir);
  if (!existsSync(path)) return allocate(noReservations(path), request, CHOOSING);
  using view = new View(path);
  await view.reservations.prepare();
  return allocate(view.reservations, request, CHOOSING);
}

/** The addresses that a DEL would release. */
export async function foundReservations(
  dir: ReservationDir,
  holding: Holding,
): Promise<readonly Finding[]> {
  const path = pathOf(dir);
  if (!existsSync(path)) return [];
  using view = new View(path);
  await view.reservations.prepare();
  const { names } = heldNames(view.reservations, holding);
  return names.map((name) => removed(textOf(name, view.reservations.holder(name))));
}

/** The addresses that a GC would release. */
export async function staleReservations(
  dir: ReservationDir,
  valid: readonly ValidAttachment[],
): Promise<readonly Finding[]> {
  const path = pathOf(dir);
  if (!existsSync(path)) return [];
  using view = new View(path);
  const found: Finding[] = [];
  for await (const [name, holder] of staleNames(view.reservations, valid, () => undefined)) {
    found.push(removed(textOf(name, holder)));
  }
  return found;
}

function textOf(name: string, holder: Holder | undefined): string {
  if (holder?.kind === "attachment") return `${name} of ${holder.containerId}:${holder.ifName}`;
  if (holder?.kind === "container") return `${name} of ${holder.containerId}`;
  return `${name}, which nothing holds`;
}

/** Of a directory that the first ADD makes. */
function noReservations(path: string): Looked {
  return {
    path,
    names: new Set(),
    has: () => false,
    holder: () => undefined,
    heldBy: () => [],
    vacant: () => new Set(),
    distrust: () => false,
  };
}
