import { join } from "node:path";
import { lockFile } from "../../state/files/index.ts";
import { readBootId } from "../../state/owner/index.ts";
import {
  type Batch,
  type CallOptions,
  type Change,
  type Condition,
  checkTransaction,
  type Identity,
  type Keys,
  type LeaseId,
  type Outcome,
  type Revision,
  type Snapshot,
  type Store,
  StoreError,
} from "../index.ts";
import type { Contents } from "./contents.ts";
import { Disk } from "./disk.ts";
import { endedLeases, endOf, leaseFrom, untilNextEnd } from "./leases.ts";
import { MachineHold } from "./machine.ts";
import { changesOf } from "./request.ts";
import { Wakes } from "./wakes.ts";

/** A call waits so long for the others that use the directory. */
const LOCK_MS = 10_000;

/** The store in the files of one machine: any number of processes use one directory. */
export class FileStore implements Store {
  readonly #disk: Disk;
  readonly #watch: Wakes;
  readonly #machine: MachineHold;
  readonly #ending: AbortController = new AbortController();
  /** The highest revision that was seen: files that say less were put back. */
  #highest: { cluster: string; revision: number } | undefined;

  private constructor(directory: string, boot: string) {
    this.#disk = new Disk(directory);
    this.#machine = new MachineHold(directory, boot);
    this.#watch = new Wakes(directory);
  }

  /**
   * Touches nothing until the first call.
   * @param directory made when it is missing, for its owner alone
   * @param boot this start of the machine
   */
  static open(directory: string, boot: string = readBootId()): FileStore {
    return new FileStore(directory, boot);
  }

  async identify(options?: CallOptions): Promise<Identity> {
    this.#highest = undefined;
    return await this.#locked(options, ({ cluster, revision }) => {
      return { cluster, revision: BigInt(revision) };
    });
  }

  async read(keys: Keys, options?: CallOptions): Promise<Snapshot> {
    return await this.#locked(options, (contents) => contents.read(keys));
  }

  async transact(
    conditions: readonly Condition[],
    changes: readonly Change[],
    options?: CallOptions,
  ): Promise<Outcome> {
    checkTransaction(conditions, changes);
    return await this.#locked(options, (contents) => {
      const revision = BigInt(contents.revision);
      if (!conditions.every((condition) => contents.holds(condition))) {
        const keys = new Set(conditions.map(({ key }) => key));
        const found = [...keys].flatMap((key) => contents.entries.get(key) ?? []);
        return { done: false, revision, found };
      }
      const lines = changesOf(changes, contents);
      if (lines.length === 0) return { done: true, revision, found: [] };
      this.#append(lines);
      return { done: true, revision: revision + 1n, found: [] };
    });
  }

  async grant(seconds: number, options?: CallOptions): Promise<LeaseId> {
    const id = crypto.randomUUID();
    return await this.#locked(options, () => {
      this.#append([{ lease: leaseFrom(id, Math.max(1, seconds)) }]);
      return id;
    });
  }

  async renew(id: LeaseId, options?: CallOptions): Promise<boolean> {
    return await this.#locked(options, ({ leases }) => {
      const lease = leases.get(id);
      if (lease === undefined) return false;
      // A renewal that a power cut takes away was of a lease that the cut ends.
      this.#append([{ lease: leaseFrom(id, lease.seconds) }], false);
      return true;
    });
  }

  async revoke(id: LeaseId, options?: CallOptions): Promise<void> {
    await this.#locked(options, (contents) => {
      if (contents.leases.has(id)) this.#append([endOf(id, contents, contents.revision + 1)]);
    });
  }

  async *watch(
    keys: Keys,
    from: Revision,
    options: CallOptions = {},
  ): AsyncGenerator<Batch, void, undefined> {
    const { signal } = this.#within(options);
    let next = from < 1n ? 1 : Number(from);
    using changes = this.#watch.follow();
    while (!signal.aborted) {
      const seen = changes.mark();
      const { batches, revision, pause } = await this.#since(keys, next, signal);
      for (const batch of batches) {
        if (signal.aborted) return;
        yield batch;
      }
      next = revision + 1;
      if (batches.length === 0) await changes.wait(seen, pause, signal);
    }
  }

  /** Forgets the changes up to a revision, for watches; all keys stay. */
  async compact(revision: Revision, options?: CallOptions): Promise<void> {
    await this.#locked(options, (contents) => {
      contents.forget(Math.min(Number(revision), contents.revision));
      this.#disk.compact();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    this.#watch.end();
    this.#machine[Symbol.dispose]();
  }

  async #since(
    keys: Keys,
    next: number,
    signal: AbortSignal,
  ): Promise<{ batches: Batch[]; revision: number; pause: number }> {
    try {
      return await this.#locked({ signal }, (contents) => {
        const { compacted, revision } = contents;
        if (next <= compacted) {
          const text = `revision ${next} is forgotten: ${this.#disk.directory} knows those after ${compacted}`;
          throw new StoreError("compacted", text);
        }
        if (next > revision + 1) throw this.#wentBack(revision, next - 1);
        const batches = contents.since(next, keys).map((past) => {
          return { events: past.events, revision: BigInt(past.revision) };
        });
        const progress = { events: [], revision: BigInt(revision) };
        const isFurther = revision >= next && batches.at(-1)?.revision !== BigInt(revision);
        return {
          batches: isFurther ? [...batches, progress] : batches,
          revision,
          pause: untilNextEnd(contents),
        };
      });
    } catch (error) {
      const isEnd = error instanceof StoreError && error.fault === "aborted";
      if (isEnd) return { batches: [], revision: next - 1, pause: 0 };
      throw error;
    }
  }

  #append(lines: Parameters<Disk["append"]>[0], isDurable: boolean = true): void {
    this.#disk.append(lines, isDurable);
    this.#watch.changed();
  }

  /** Does something with the contents while no other process does. */
  async #locked<T>(options: CallOptions = {}, work: (contents: Contents) => T): Promise<T> {
    const { signal, isCallers } = this.#within(options);
    const { directory } = this.#disk;
    const path = join(directory, "lock");
    const words = { path, details: "another process changes the store" };
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), LOCK_MS);
    let lock: Disposable;
    try {
      signal.throwIfAborted();
      lock = await lockFile(words, AbortSignal.any([signal, limit.signal]));
    } catch (cause) {
      if (isCallers()) throw new StoreError("aborted", "the caller gave up", { cause });
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new StoreError("unreachable", `the store in ${directory}: ${text}`, { cause });
    } finally {
      clearTimeout(timer);
    }
    using _lock = lock;
    this.#machine.check();
    const contents = this.#disk.load();
    this.#checkHistory(contents);
    const ended = endedLeases(contents);
    if (ended.length > 0) this.#append(ended);
    try {
      return work(contents);
    } finally {
      this.#highest = { cluster: contents.cluster, revision: contents.revision };
    }
  }

  #checkHistory({ cluster, revision }: Contents): void {
    const known = this.#highest;
    if (known === undefined) return;
    if (known.cluster !== cluster) {
      const text = `${this.#disk.directory} is another store than before: was it set up anew?`;
      throw new StoreError("wrong answer", text);
    }
    if (revision < known.revision) throw this.#wentBack(revision, known.revision);
  }

  #wentBack(revision: number, known: number): StoreError {
    return new StoreError(
      "wrong answer",
      `${this.#disk.directory} is at revision ${revision}, and has been at ${known}: was it restored from a backup?`,
    );
  }

  #within({ signal }: CallOptions): { signal: AbortSignal; isCallers: () => boolean } {
    const { signal: ending } = this.#ending;
    const both = signal === undefined ? ending : AbortSignal.any([signal, ending]);
    return { signal: both, isCallers: () => both.aborted };
  }
}
