/** Locks that plugins hold while calls for several containers come at once. */
import { AsyncLocalStorage } from "node:async_hooks";
import { lstatSync, mkdirSync } from "node:fs";
import { errorText, excerpt } from "../base/index.ts";
import { Locks } from "../locks/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";

/**
 * What a lock keeps apart: calls for one container, calls for one network, or calls that name the same
 * thing, such as a link of the host that all of them change. Always of one plugin alone.
 */
export type LockScope = "container" | "network" | { readonly name: string };

/** How a lock is waited for. */
export interface LockOptions {
  /** The longest wait, in milliseconds; default 30,000. `Infinity` waits until the call is aborted. */
  readonly timeoutMs?: number;
}

/** Holds a lock while `work` runs. */
export type Locked = <T>(
  scope: LockScope,
  work: () => Promise<T> | T,
  options?: LockOptions,
) => Promise<T>;

/** Whose lock it is, and where it lies. */
export interface LockPlace {
  readonly directory: string;
  readonly network: string;
  readonly containerId: string;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
}

const PATIENCE_MS = 30_000;
/** What a timer counts; a longer one would end at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** A lock that the running work holds, or one around it; work may go on behind its end. */
interface Held {
  readonly whole: string;
  isOver: boolean;
}
const HELD: AsyncLocalStorage<readonly Held[]> = new AsyncLocalStorage();

/** Those of this process wait for each other in memory, first come, first served. */
const LOCKS = new Map<string, Locks>();

/** Where the locks of a plugin lie unless it says otherwise: it goes with the boot, and is root's. */
export function lockDirectory(plugin: string): string {
  return `/run/cni-locks/${plugin}`;
}

/** Makes the lock function of one call. */
export function makeLocked(place: LockPlace): Locked {
  return async (scope, work, options = {}) => {
    const { title, key } = nameOf(scope, place);
    const timeoutMs = options.timeoutMs ?? PATIENCE_MS;
    if (Number.isNaN(timeoutMs) || timeoutMs < 0) {
      throw new RangeError(`timeoutMs is ${timeoutMs}, and must be 0 or more`);
    }
    const held = HELD.getStore() ?? [];
    const whole = `${place.directory}\0${key}`;
    if (held.some((other) => other.whole === whole && !other.isOver)) {
      const msg = `the lock of ${title} is held around this work already: it would wait for itself`;
      throw new CniError(ErrorCode.INTERNAL, msg);
    }
    const release = await acquire(place, title, key, timeoutMs);
    const own = { whole, isOver: false };
    try {
      return await HELD.run([...held, own], async () => await work());
    } finally {
      own.isOver = true;
      release();
    }
  };
}

function nameOf(
  scope: LockScope,
  { network, containerId }: LockPlace,
): { title: string; key: string } {
  if (scope === "network") return { title: `network ${network}`, key: `network\0${network}` };
  if (scope === "container") {
    if (containerId === "") {
      const msg = "GC and STATUS are about no container: lock the network, or a name";
      throw new CniError(ErrorCode.INTERNAL, msg);
    }
    return { title: `container ${containerId}`, key: `container\0${containerId}` };
  }
  return { title: excerpt(JSON.stringify(scope.name)), key: `name\0${scope.name}` };
}

async function acquire(
  { directory, signal, log }: LockPlace,
  title: string,
  key: string,
  timeoutMs: number,
): Promise<() => void> {
  prepare(directory);
  const locks = LOCKS.get(directory) ?? new Locks(directory);
  LOCKS.set(directory, locks);
  const end = new AbortController();
  const onAbort = (): void => end.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  const late = new DOMException(`the wait took longer than ${timeoutMs} ms`, "TimeoutError");
  const timer =
    timeoutMs === Number.POSITIVE_INFINITY
      ? undefined
      : setTimeout(() => end.abort(late), Math.min(timeoutMs, TIMER_MAX_MS));
  let waited = "";
  try {
    return await locks.hold(key, {
      signal: end.signal,
      onWait: (text) => {
        waited = `; ${text}`;
        log(`lock of ${title}: ${text}`);
      },
    });
  } catch (thrown) {
    if (!end.signal.aborted) {
      const msg = `cannot lock ${title} in ${directory}: ${errorText(thrown)}`;
      throw new CniError(ErrorCode.IO_FAILURE, msg, { cause: thrown });
    }
    const reason: unknown = end.signal.reason;
    const msg =
      reason === late
        ? `waited ${timeoutMs} ms for the lock of ${title}${waited}`
        : `aborted while it waited for the lock of ${title}`;
    throw new CniError(ErrorCode.TRY_AGAIN_LATER, msg, { cause: reason });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/**
 * Makes the directory, for its owner alone.
 * @throws CniError of code 5 for one in which another user could hold the locks
 */
function prepare(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const stat = lstatSync(directory);
    if (stat.isSymbolicLink()) throw new Error("it is a link");
    const { uid, mode } = stat;
    if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) {
      throw new Error("another user owns it, or may write to it");
    }
  } catch (cause) {
    const msg = `cannot keep locks in ${directory}: ${errorText(cause)}`;
    throw new CniError(ErrorCode.IO_FAILURE, msg, { cause });
  }
}
