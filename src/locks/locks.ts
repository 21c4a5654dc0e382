import { type Claim, conflict, type Keys, keysOf, keysOfName, type TicketName } from "./claim.ts";
import { randomHex } from "./digest.ts";
import { ownIdentity } from "./identity.ts";
import { type QueuePosition, TicketQueue } from "./queue.ts";

/** How a lock is waited for. */
export interface AcquireOptions {
  /** Ends the waiting: `acquire` rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Called once when the wait is a long one, with what is waited for. */
  readonly onWait?: (text: string) => void;
}

/** Gives the claim back; safe to call twice. */
export type Release = () => void;

interface Waiter {
  readonly keys: Keys;
  readonly done: Promise<void>;
}

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 25;
const LONG_WAIT_MS = 1000;
const SILENCE_MS = 60_000;

/**
 * Keeps operations apart as the specification asks (section 3, lifecycle): one at a time for a
 * container, no ADD and DEL during a GC of their network. First come, first served, over all
 * processes of the machine that use the same directory.
 */
export class Locks {
  readonly #queue: TicketQueue;
  readonly #heartbeatMs: number;
  /** Those of this object, in order: they wait in memory, and only the first goes to the files. */
  readonly #waiters = new Set<Waiter>();

  /**
   * `silenceMs`: how long one whose process cannot be seen from here (in another pid namespace)
   * may give no sign of life before it counts as dead.
   */
  constructor(dir: string, silenceMs: number = SILENCE_MS) {
    this.#queue = new TicketQueue(dir, ownIdentity(randomHex(8)), silenceMs);
    this.#heartbeatMs = silenceMs / 12;
  }

  /** Waits until the claim holds. Rejects with the system's error when files cannot be made. */
  async acquire(claim: Claim, options: AcquireOptions = {}): Promise<Release> {
    return await this.#acquire(keysOf(claim), options, nameOperation);
  }

  /** Waits until a name is free, and holds it. Other names, and claims, are not in its way. */
  async hold(name: string, options: AcquireOptions = {}): Promise<Release> {
    return await this.#acquire(keysOfName(name), options, ({ owner }) => `process ${owner.pid}`);
  }

  async #acquire(
    keys: Keys,
    options: AcquireOptions,
    nameHolder: (ticket: TicketName) => string,
  ): Promise<Release> {
    const { signal } = options;
    signal?.throwIfAborted();
    const before = [...this.#waiters].filter((other) => conflict(keys, other.keys));
    let leaveMemory = (): void => {};
    const waiter: Waiter = {
      keys,
      done: new Promise((resolve) => {
        leaveMemory = resolve;
      }),
    };
    this.#waiters.add(waiter);
    const leave = (): void => {
      this.#waiters.delete(waiter);
      leaveMemory();
    };
    try {
      for (const other of before) await abortable(other.done, signal);
      const leaveFiles = await this.#acquireFiles(keys, options, nameHolder);
      return () => {
        leaveFiles();
        leave();
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #acquireFiles(
    keys: Keys,
    { signal, onWait }: AcquireOptions,
    nameHolder: (ticket: TicketName) => string,
  ): Promise<Release> {
    const place = this.#queue.enter(keys);
    const stopHeart = heartbeat(place, this.#heartbeatMs);
    const release = (): void => {
      stopHeart();
      place.leave();
    };
    try {
      const started = performance.now();
      let told = false;
      for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
        const blockers = place.blockers();
        if (blockers.length === 0) return release;
        if (!told && performance.now() - started > LONG_WAIT_MS) {
          told = true;
          onWait?.(`waiting for ${blockers.map(nameHolder).join(", ")}`);
        }
        await abortable(delay(pause * (0.75 + Math.random() / 2)), signal);
      }
    } catch (error) {
      release();
      throw error;
    }
  }
}

function nameOperation({ kind, owner }: TicketName): string {
  const what = { gc: "a GC", change: "an ADD or DEL", look: "a CHECK" }[kind];
  return `${what} of process ${owner.pid}`;
}

function heartbeat(place: QueuePosition, ms: number): () => void {
  const timer = setInterval(() => {
    try {
      place.touch();
    } catch {
      // The file was removed from outside: nothing is left to keep alive.
    }
  }, ms);
  timer.unref();
  return () => clearInterval(timer);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** The promise, or the signal's reason as an error, whichever comes first. */
async function abortable(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) {
    await promise;
    return;
  }
  signal.throwIfAborted();
  let onAbort = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
