import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { Ip } from "../../../addr/index.ts";
import { errnoName } from "../../../base/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { differs } from "../../../state/index.ts";
import { type Holding, isHeldBy, isOldHolder } from "../holder.ts";
import { Register } from "../register/index.ts";
import { ioFailure } from "./failure.ts";
import { capacity, type RangeSet, rangeFor, showRangeSet } from "./range.ts";
import { pathOf, type ReservationDir } from "./reservation-dir.ts";
import { Reservations } from "./reservations.ts";

// Without the lock, a younger empty file may be just about to be written.
const WRITTEN_MS = 10_000;

/**
 * Checks that the attachment holds its addresses: those expected ones that lie in our sets, or,
 * when there are none, any. Takes no lock, because a reservation that counts is there already.
 * @throws CniError that differs when a reservation is missing or names another attachment
 */
export function verifyReservation(
  dir: ReservationDir,
  holding: Holding,
  expected: readonly Ip[],
): void {
  const path = pathOf(dir);
  if (!existsSync(path)) throw notFound(holding, `there is no directory ${path}`);
  const now = Date.now();
  using register = new Register(path, now, "r");
  const reservations = new Reservations(path, now - WRITTEN_MS, register, false);
  if (expected.length === 0) {
    if (holdsAny(reservations, holding)) return;
    throw notFound(holding, `no file in ${path} names it`);
  }
  for (const ip of expected) {
    const holder = reservations.holder(ip.toString());
    if (holder === undefined) throw notFound(holding, `${path}/${ip} does not exist`);
    if (isHeldBy(holder, holding) || isOldHolder(holder, holding)) continue;
    throw notFound(holding, `${path}/${ip} names another attachment or none`);
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
 * Checks that an ADD could be served now: the directory can be written and each set has a free
 * address. Changes nothing, takes no lock.
 * @throws CniError of code 50 that says what to do
 */
export function verifyCapacity(dir: ReservationDir, sets: readonly RangeSet[]): void {
  const path = pathOf(dir);
  checkWritable(path);
  if (!existsSync(path)) return;
  const now = Date.now();
  using register = new Register(path, now, "r");
  const reservations = new Reservations(path, now - WRITTEN_MS, register, false);
  const full = sets.find((set) => isFull(reservations, set));
  if (full === undefined) return;
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `no IP addresses available in range set: ${showRangeSet(full)}`,
    {
      details:
        `all ${capacity(full)} addresses are reserved in ${path}; ` +
        "remove those of containers that are gone by GC, or add a range",
    },
  );
}

function isFull(reservations: Reservations, set: RangeSet): boolean {
  const room = capacity(set);
  // Fewer files than addresses: no need to look whose they are.
  if (BigInt(reservations.names.size) < room) return false;
  const taken = [...reservations.names].filter((name) => occupies(set, name));
  if (BigInt(taken.length) < room) return false;
  return !taken.some((name) => reservations.holder(name)?.kind === "vacant");
}

function occupies(set: RangeSet, name: string): boolean {
  const ip = Ip.tryParse(name);
  // Another spelling of an address does not keep it from being handed out.
  if (ip === undefined || ip.toString() !== name) return false;
  const number = ip.toBigInt();
  const excluded = rangeFor(set, ip)?.excluded;
  return excluded?.some(({ from, to }) => from <= number && number <= to) === false;
}

/** The nearest directory that exists must let us write. */
function checkWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
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

function notFound(holding: Holding, why: string): CniError {
  return differs(
    `host-local: Failed to find address added by container ${holding.containerId}`,
    `interface ${holding.ifName}: ${why}`,
  );
}
