import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { Ip } from "../../addr/index.ts";
import { errnoName } from "../../base/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { differs } from "../differs.ts";
import { ioFailure } from "./failure.ts";
import { fullSets, View } from "./fill.ts";
import { type Holding, isHeldBy, isOldHolder } from "./holder.ts";
import { nothingLeft, type RangeSet, showRangeSet } from "./range.ts";
import { pathOf, type ReservationDir } from "./reservation-dir.ts";
import type { Reservations } from "./reservations.ts";

/** What CHECK asks of the reservations. */
export interface Verification {
  /** The plugin that asks, for messages. */
  readonly plugin: string;
  readonly holding: Holding;
  readonly expected: readonly Ip[];
}

/**
 * Checks that the attachment holds its addresses: those expected ones that lie in our sets, or,
 * when there are none, any. Takes no lock, because a reservation that counts is there already.
 * @throws CniError that differs when a reservation is missing or names another attachment
 */
export function verifyReservation(
  dir: ReservationDir,
  { plugin, holding, expected }: Verification,
): void {
  const path = pathOf(dir);
  const missing = (why: string): CniError => notFound(plugin, holding, why);
  if (!existsSync(path)) throw missing(`there is no directory ${path}`);
  using view = new View(path);
  const { reservations } = view;
  if (expected.length === 0) {
    if (holdsAny(reservations, holding)) return;
    throw missing(`no file in ${path} names it`);
  }
  for (const ip of expected) {
    const holder = reservations.holder(ip.toString());
    if (holder === undefined) throw missing(`${path}/${ip} does not exist`);
    if (isHeldBy(holder, holding) || isOldHolder(holder, holding)) continue;
    throw missing(`${path}/${ip} names another attachment or none`);
  }
}

function holdsAny(reservations: Reservations, holding: Holding): boolean {
  const errors: CniError[] = [];
  const find = (): boolean =>
    reservations.heldBy(holding, (error) => errors.push(error)).length > 0;
  // Without the lock, the register may just be changing: only the files can say no.
  if (find() || (reservations.distrust() && find())) return true;
  if (errors[0] !== undefined) throw errors[0];
  return false;
}

/**
 * Checks that an ADD could be served now: the directory can be written, and the configuration leaves
 * addresses. A set that is full now is no error, since containers go: gives a sentence for each.
 * Changes nothing, takes no lock.
 * @throws CniError of code 50 that says what to do
 */
export async function verifyCapacity(
  dir: ReservationDir,
  sets: readonly RangeSet[],
): Promise<string[]> {
  const path = pathOf(dir);
  checkWritable(path);
  for (const set of sets) {
    const never = nothingLeft(set);
    if (never !== undefined) throw notAvailable(never.msg, never.details);
  }
  const full = await fullSets(dir, sets);
  return full.map((set) => `no IP addresses available in range set: ${showRangeSet(set)}`);
}

/**
 * The error of a STATUS that takes a full set for a fault.
 * @param full what is full, as `verifyCapacity` says it
 */
export function fullError(dir: ReservationDir, full: string): CniError {
  return notAvailable(
    full,
    `all addresses are reserved in ${pathOf(dir)}; ` +
      "remove those of containers that are gone by GC, or add a range",
  );
}

function notAvailable(msg: string, details: string): CniError {
  return new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, msg, { details });
}

/**
 * The nearest directory that exists must let us write.
 * @throws CniError of code 50
 */
export function checkWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    refuseFull(path);
  } catch (error) {
    if (error instanceof CniError) throw error;
    if (errnoName(error) === "ENOENT" && dirname(path) !== path) {
      checkWritable(dirname(path));
      return;
    }
    const { msg, details } = ioFailure(`cannot write reservations in ${path}`, error);
    throw new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, msg, {
      cause: error,
      details: details ?? "set ipam.dataDir to a writable directory",
    });
  }
}

function notFound(plugin: string, holding: Holding, why: string): CniError {
  return differs(
    `${plugin}: Failed to find address added by container ${holding.containerId}`,
    `interface ${holding.ifName}: ${why}`,
  );
}

/** Some file systems count neither blocks nor inodes. */
function refuseFull(path: string): void {
  const { blocks, bfree, files, ffree } = statfsSync(path);
  const isFull = (blocks > 0 && bfree === 0) || (files > 0 && ffree === 0);
  if (!isFull) return;
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `cannot write reservations in ${path}: no space is left`,
    { details: "free some space or inodes on that file system, or set ipam.dataDir to another" },
  );
}
