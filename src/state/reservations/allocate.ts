import { statSync } from "node:fs";
import { Ip } from "../../addr/index.ts";
import { defined } from "../../base/index.ts";
import { CniError, ErrorCode, invalidConfig } from "../../spec/index.ts";
import { tryAgain } from "../try-again.ts";
import { type Choice, firstFree } from "./choose.ts";
import { type Holder, type Holding, isHeldBy } from "./holder.ts";
import { readLast, writeLast } from "./last.ts";
import { nothingLeft, type RangeSet, rangeFor, showRangeSet } from "./range.ts";
import type { Reservations } from "./reservations.ts";

/** An address that the caller asked for. */
export interface RequestedIp {
  ip: Ip;
  /** Where it was asked for, for messages: `CNI_ARGS`, `args.cni.ips`, `runtimeConfig.ips`. */
  from: string;
  /** Code of the error when it cannot be had as asked: 4 for CNI_ARGS, 7 for configuration. */
  code: number;
}

/** What is to be reserved: one address of each set, for one attachment. */
export interface AllocationRequest {
  holding: Holding;
  sets: readonly RangeSet[];
  requested: readonly RequestedIp[];
}

/** What `allocate` looks at. */
export type Looked = Pick<
  Reservations,
  "path" | "names" | "has" | "holder" | "heldBy" | "vacant" | "distrust"
>;

/** What becomes of an address that was chosen. */
export interface Taking {
  /** False when it was taken meanwhile; then another is chosen. */
  take(ip: Ip, holding: Holding, isVacant: boolean): boolean;
  /** Notes which address of a set was handed out last. */
  note(setIndex: number, ip: Ip): void;
  giveBack(ip: Ip): void;
}

/** Addresses are chosen and stay free: for a plan. */
export const CHOOSING: Taking = {
  take: () => true,
  note: () => undefined,
  giveBack: () => undefined,
};

/** Addresses are reserved; the caller holds the lock. */
export function reserving(reservations: Reservations): Taking {
  return {
    take(ip, holding, isVacant) {
      const name = ip.toString();
      if (isVacant) reservations.remove(name);
      return reservations.create(name, holding);
    },
    note: (setIndex, ip) => writeLast(reservations.path, setIndex, ip),
    giveBack: (ip) => reservations.remove(ip.toString()),
  };
}

/**
 * Reserves one address of each set; the caller holds the lock. On failure everything that this
 * call reserved is given back, and nothing else.
 *
 * Codes: 11 (try again later) when a set is exhausted or a wanted address is taken, because both
 * pass when another container goes; 7 when the configuration leaves no address; 4 when the attachment has an address already, because the
 * container ID and interface name are then not those of a new attachment; 4 or 7 for a request
 * that can never be met, after the place where it was made; 5 for the file system.
 */
export function allocate(
  reservations: Looked,
  request: AllocationRequest,
  taking: Taking,
): Choice[] {
  const wanted = assignRequests(request);
  // The check for duplicates may have to read every reservation; requested addresses skip it.
  const needsSurvey = request.sets.some((_, index) => !wanted.has(index));
  const seen = needsSurvey
    ? survey(reservations, request.holding)
    : { own: [], vacant: new Set<string>() };
  const allocations: Choice[] = [];
  try {
    for (const [index, set] of request.sets.entries()) {
      const requested = wanted.get(index);
      const choice = inRange(index, () =>
        requested === undefined
          ? takeFree(reservations, { request, set, index, seen, taking })
          : takeRequested(reservations, { request, set, requested, taking }),
      );
      allocations.push(choice);
      taking.note(index, choice.ip);
    }
  } catch (error) {
    for (const { ip } of allocations) taking.giveBack(ip);
    throw error;
  }
  return allocations;
}

/** Gives each set the first request that lies in it; a request that fits nowhere is an error. */
function assignRequests({ sets, requested }: AllocationRequest): Map<number, RequestedIp> {
  const open = [...requested];
  const assigned = new Map<number, RequestedIp>();
  for (const [index, set] of sets.entries()) {
    const at = open.findIndex(({ ip }) => rangeFor(set, ip) !== undefined);
    if (at < 0) continue;
    for (const request of open.splice(at, 1)) assigned.set(index, request);
  }
  const [first] = open;
  if (first === undefined) return assigned;
  const list = open.map(({ ip }) => ip.toString()).join(" ");
  const places = [...new Set(open.map(({ from }) => from))].join(", ");
  throw new CniError(first.code, `failed to allocate all requested IPs: ${list}`, {
    details: `asked for by ${places}; each range set gives one address, from its own ranges`,
  });
}

interface Survey {
  /** File names of addresses that the attachment has already. */
  own: string[];
  /** File names that no attachment holds: their writers died. */
  vacant: Set<string>;
}

function survey(reservations: Looked, holding: Holding): Survey {
  // One broken file must not stop all allocation: it stays taken.
  const overlook = (): void => {};
  const own = reservations.heldBy(holding, overlook).map(([name]) => name);
  return { own, vacant: reservations.vacant() };
}

interface FreeOptions {
  request: AllocationRequest;
  set: RangeSet;
  index: number;
  seen: Survey;
  taking: Taking;
}

function takeFree(reservations: Looked, options: FreeOptions): Choice {
  const { request, set, index, taking } = options;
  const last = readLast(reservations.path, index);
  let { own, vacant } = options.seen;
  for (;;) {
    const duplicate = own.find((name) => inSet(set, name));
    if (duplicate !== undefined) {
      throw duplicateAllocation(reservations, duplicate, request.holding);
    }
    const isTaken = (name: string): boolean => reservations.has(name) && !vacant.has(name);
    const choice = firstFree(set, last, isTaken);
    if (choice !== undefined) {
      const isVacant = vacant.has(choice.ip.toString());
      if (taking.take(choice.ip, request.holding, isVacant)) return choice;
      // A writer that does not take the lock was faster; look at the others.
      vacant.delete(choice.ip.toString());
    } else if (reservations.distrust()) {
      // Before the caller goes without: the files themselves may tell of an address that is vacant.
      ({ own, vacant } = survey(reservations, request.holding));
    } else {
      throw exhausted(reservations, set, index);
    }
  }
}

interface RequestedOptions {
  request: AllocationRequest;
  set: RangeSet;
  requested: RequestedIp;
  taking: Taking;
}

function takeRequested(reservations: Looked, options: RequestedOptions): Choice {
  const { request, set, requested, taking } = options;
  const { ip } = requested;
  const range = rangeFor(set, ip);
  if (range === undefined) {
    throw new CniError(requested.code, `IP ${ip} not in any range of the set`);
  }
  if (ip.equals(range.gateway)) {
    throw new CniError(requested.code, `requested ip ${ip} is subnet's gateway`, {
      details: `asked for by ${requested.from}`,
    });
  }
  const name = ip.toString();
  const holder = reservations.holder(name);
  if (holder !== undefined && isHeldBy(holder, request.holding)) {
    throw duplicateAllocation(reservations, name, request.holding);
  }
  const isFree = holder === undefined || holder.kind === "vacant";
  if (isFree && taking.take(ip, request.holding, holder !== undefined)) return { ip, range };
  throw tryAgain(`requested IP address ${ip} is not available in range set ${showRangeSet(set)}`, {
    details: `asked for by ${requested.from}; ${whoHolds(reservations, name, holder)}`,
  });
}

function whoHolds({ path }: Looked, name: string, holder: Holder | undefined): string {
  if (holder?.kind === "attachment") return `${holder.containerId}:${holder.ifName} holds it`;
  if (holder?.kind === "container") return `${holder.containerId} holds it`;
  return `${path}/${name} says who holds it`;
}

function inSet(set: RangeSet, name: string): boolean {
  const ip = Ip.tryParse(name);
  return ip !== undefined && rangeFor(set, ip) !== undefined;
}

function inRange(index: number, work: () => Choice): Choice {
  try {
    return work();
  } catch (error) {
    const { code, msg, details } = CniError.from(error);
    const failure = new CniError(code, `failed to allocate for range ${index}: ${msg}`, {
      cause: error,
      ...defined({ details }),
    });
    if (exhaustedSet(error) !== undefined) EXHAUSTED.set(failure, index);
    throw failure;
  }
}

function duplicateAllocation(reservations: Looked, name: string, holding: Holding): CniError {
  const path = `${reservations.path}/${name}`;
  const since = statSync(path, { throwIfNoEntry: false })?.mtime.toISOString();
  return new CniError(
    ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
    `${name} has been allocated to ${holding.containerId}, duplicate allocation is not allowed`,
    {
      details:
        `${path} is from ${since ?? "an unknown time"}; if that container is gone, ` +
        "run DEL for it, or GC for the network",
    },
  );
}

/** The errors of `allocate` for a set that has no address left now. */
const EXHAUSTED = new WeakMap<object, number>();

/** The index of the set for which `allocate` had no address left; undefined for any other error. */
export function exhaustedSet(error: unknown): number | undefined {
  return error instanceof CniError ? EXHAUSTED.get(error) : undefined;
}

function exhausted(reservations: Looked, set: RangeSet, index: number): CniError {
  const never = nothingLeft(set);
  if (never !== undefined) return invalidConfig(never.msg, never.details);
  const error = tryAgain(`no IP addresses available in range set: ${showRangeSet(set)}`, {
    details:
      `${reservations.names.size} reservations in ${reservations.path}; remove those of containers ` +
      "that are gone by GC, or add a range",
  });
  EXHAUSTED.set(error, index);
  return error;
}
