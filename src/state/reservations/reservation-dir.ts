import { mkdirSync } from "node:fs";
import { errnoName } from "../../base/index.ts";
import { type Fd, fstat } from "../../kernel/sys/index.ts";
import { CniError, checkNetworkName } from "../../spec/index.ts";
import { ioFailure, orIoFailure } from "./failure.ts";
import { takeLock } from "./lock.ts";
import { Register } from "./register/index.ts";
import { Reservations } from "./reservations.ts";

/** The directory of one network's reservations. */
export interface ReservationDir {
  dataDir: string;
  network: string;
}

/** How to lock a directory of reservations. */
export interface LockOptions {
  /** Make the directory when it is missing. */
  create?: boolean;
  /** Ends waiting for the lock. */
  signal?: AbortSignal | undefined;
}

/**
 * The path of the network's directory.
 * @throws CniError of code 7 for a name that is no network's
 */
export function pathOf({ dataDir, network }: ReservationDir): string {
  checkNetworkName(network);
  return `${dataDir}/${network}`;
}

/**
 * Does work while holding the network's lock, which keeps other calls of this process out as it
 * keeps other processes out. Gives undefined when the directory does not exist.
 * @throws CniError of code 5 when the directory cannot be made or read, of code 11 when the signal
 * ended the wait
 */
export async function withReservations<T>(
  dir: ReservationDir,
  options: LockOptions,
  work: (reservations: Reservations) => T | Promise<T>,
): Promise<T | undefined> {
  const path = pathOf(dir);
  using lock = await lockDirectory(path, options);
  if (lock === undefined) return undefined;
  const now = Date.now();
  using register = new Register(path, now);
  const reservations = new Reservations(path, now, register);
  try {
    const result = await work(reservations);
    await reservations.commit();
    return result;
  } catch (error) {
    reservations.seal();
    throw error;
  }
}

async function lockDirectory(path: string, options: LockOptions): Promise<Fd | undefined> {
  for (;;) {
    const lock = await tryLock(path, options.signal);
    if (lock === undefined) {
      if (options.create !== true) return undefined;
      orIoFailure(`cannot make the directory of reservations ${path}`, () =>
        mkdirSync(path, { recursive: true, mode: 0o755 }),
      );
      continue;
    }
    // Removed during the wait: the next process would lock another file.
    if (fstat(lock).nlink > 0n) return lock;
    lock.close();
  }
}

/** Nothing can be there; an attempt to make it reports why. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG"]);

async function tryLock(path: string, signal: AbortSignal | undefined): Promise<Fd | undefined> {
  try {
    return await takeLock(path, signal);
  } catch (error) {
    if (ABSENT.has(errnoName(error))) return undefined;
    throw error instanceof CniError
      ? error
      : ioFailure(`cannot lock the reservations in ${path}`, error);
  }
}
