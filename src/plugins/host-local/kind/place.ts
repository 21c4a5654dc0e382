import { mkdirSync } from "node:fs";
import { errnoName } from "../../../base/index.ts";
import { type Fd, fstat } from "../../../kernel/sys/index.ts";
import { CniError, checkNetworkName } from "../../../spec/index.ts";
import { ReservationDirectory } from "./directory.ts";
import { ioFailure } from "./failure.ts";
import { takeLock } from "./lock.ts";
import { Register } from "./register.ts";

/** Where Go's host-local keeps reservations when the configuration names no other place. */
export const DEFAULT_DATA_DIR = "/var/lib/cni/networks";

/** Which network's reservations, and where they lie. */
export interface ReservationPlace {
  dataDir: string;
  network: string;
}

/** How to enter a place. */
export interface EnterOptions {
  /** Make the directory when it is missing; else a missing one is entered by nobody. */
  create?: boolean;
  /** Ends waiting for the lock. */
  signal?: AbortSignal | undefined;
}

/** The directory of the network; throws a CniError for a name that is none. */
export function placePath(place: ReservationPlace): string {
  checkNetworkName(place.network);
  return `${place.dataDir}/${place.network}`;
}

/**
 * Does work while holding the network's lock, which keeps other calls of this process out as it
 * keeps other processes out. Gives undefined when the directory does not exist.
 * @throws CniError 5 when the directory cannot be made or read, 11 when the signal ended the wait
 */
export async function withPlace<T>(
  place: ReservationPlace,
  options: EnterOptions,
  work: (directory: ReservationDirectory) => T | Promise<T>,
): Promise<T | undefined> {
  const path = placePath(place);
  using lock = await enter(path, options);
  if (lock === undefined) {
    return undefined;
  }
  const now = Date.now();
  using register = new Register(path, now);
  const directory = new ReservationDirectory(path, now, register);
  try {
    const result = await work(directory);
    await directory.settle();
    return result;
  } catch (error) {
    directory.seal();
    throw error;
  }
}

async function enter(path: string, options: EnterOptions): Promise<Fd | undefined> {
  for (;;) {
    const lock = await tryEnter(path, options.signal);
    if (lock === undefined) {
      if (options.create !== true) {
        return undefined;
      }
      make(path);
      continue;
    }
    // Removed while we waited: whoever comes now would lock another file.
    if (fstat(lock).nlink > 0n) {
      return lock;
    }
    lock.close();
  }
}

/** Nothing can be there; whoever wants to make it is told so then. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

async function tryEnter(path: string, signal: AbortSignal | undefined): Promise<Fd | undefined> {
  try {
    return await takeLock(path, signal);
  } catch (error) {
    if (ABSENT.has(errnoName(error))) {
      return undefined;
    }
    throw error instanceof CniError
      ? error
      : ioFailure(`cannot lock the reservations in ${path}`, error);
  }
}

function make(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw ioFailure(`cannot make the directory of reservations ${path}`, error);
  }
}
