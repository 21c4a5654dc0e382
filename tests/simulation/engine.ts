/**
 * A store's engine in memory: keys with revisions, transactions, leases, watches and compaction, as etcd has
 * them. Each request is carried out at once; delays and losses are the network's.
 */
import {
  type Batch,
  type Change,
  type Condition,
  checkTransaction,
  type Entry,
  type Event,
  type Identity,
  type Keys,
  type LeaseId,
  type Outcome,
  type Revision,
  type Snapshot,
  StoreError,
} from "../../src/store/index.ts";
import type { Cancel, Timeline } from "./timeline.ts";

interface Lease {
  readonly seconds: number;
  readonly keys: Set<string>;
  stop: Cancel;
}

interface Watcher {
  readonly keys: Keys;
  from: Revision;
  readonly tell: (batch: Batch) => void;
}

/** Everything that a backup holds. */
export interface Backup {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly revision: Revision;
  readonly leases: readonly (readonly [LeaseId, number])[];
}

export class Engine {
  /** Differs between engines that were set up apart. */
  cluster = "sim-1";
  /** No change is made while this is so (etcd's alarm NOSPACE). */
  isFull = false;
  /** A lease lives so much longer than it was granted for: less than 1 ends it early. */
  leaseFactor: () => number = () => 1;
  /** The machine whose request is carried out. */
  by: string | undefined;
  /** Requests so far, by kind. */
  readonly counts: Record<"read" | "transact" | "grant" | "renew" | "revoke" | "watch", number> = {
    read: 0,
    transact: 0,
    grant: 0,
    renew: 0,
    revoke: 0,
    watch: 0,
  };
  readonly #timeline: Timeline;
  #entries = new Map<string, Entry>();
  /** The keys in order; undefined when one came or went since. */
  #order: string[] | undefined;
  #revision: Revision = 1n;
  #compacted: Revision = 0n;
  #history: Batch[] = [];
  readonly #leases = new Map<LeaseId, Lease>();
  #lastLease = 0;
  readonly #watchers = new Set<Watcher>();
  readonly #listeners: ((events: readonly Event[]) => void)[] = [];

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  get revision(): Revision {
    return this.#revision;
  }

  identify(): Identity {
    return { cluster: this.cluster, revision: this.#revision };
  }

  /** What a test reads without asking: all entries. */
  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  /** Calls at each change, before the answer is on its way. */
  onChange(listener: (events: readonly Event[]) => void): void {
    this.#listeners.push(listener);
  }

  read(keys: Keys): Snapshot {
    this.counts.read++;
    const found = this.#select(keys);
    const limit = "key" in keys ? undefined : keys.limit;
    const more = limit !== undefined && found.length > limit;
    return { entries: more ? found.slice(0, limit) : found, revision: this.#revision, more };
  }

  /** @throws StoreError "full", and "refused" for a lease that there is not */
  transact(conditions: readonly Condition[], changes: readonly Change[]): Outcome {
    this.counts.transact++;
    checkTransaction(conditions, changes);
    if (!conditions.every((condition) => this.#holds(condition))) {
      const names = new Set(conditions.map(({ key }) => key));
      const found = [...names].flatMap((key) => this.#entries.get(key) ?? []);
      return { done: false, revision: this.#revision, found };
    }
    if (this.isFull && changes.some((change) => "put" in change)) {
      throw new StoreError("full", "the store has no space left");
    }
    const leaseless = changes.find((change) => {
      return "put" in change && change.lease !== undefined && !this.#leases.has(change.lease);
    });
    if (leaseless !== undefined) throw new StoreError("refused", "there is no such lease");
    this.#apply(changes);
    return { done: true, revision: this.#revision, found: [] };
  }

  grant(seconds: number): LeaseId {
    this.counts.grant++;
    const id = `lease-${++this.#lastLease}`;
    this.#startLease(id, seconds);
    return id;
  }

  renew(id: LeaseId): boolean {
    this.counts.renew++;
    const lease = this.#leases.get(id);
    if (lease === undefined) return false;
    lease.stop();
    lease.stop = this.#leaseEnds(id, lease.seconds);
    return true;
  }

  revoke(id: LeaseId): void {
    this.counts.revoke++;
    this.#endLease(id);
  }

  /** Calls `tell` with what happened since, and with all that will; ends by what it returns. */
  watch(keys: Keys, from: Revision, tell: (batch: Batch) => void): Cancel {
    this.counts.watch++;
    if (from <= this.#compacted) throw new StoreError("compacted", `revision ${from} is compacted`);
    if (from > this.#revision + 1n) {
      throw new StoreError("wrong answer", `the store is behind revision ${from}: it went back`);
    }
    const watcher: Watcher = { keys, from, tell };
    for (const batch of this.#history) this.#tell(watcher, batch);
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  /** Forgets what happened before a revision: watches from there on are refused. */
  compact(revision: Revision = this.#revision): void {
    this.#compacted = revision;
    this.#history = this.#history.filter((batch) => batch.revision > revision);
  }

  /** Ends every lease that stands, as if its time were over. */
  endLeases(): void {
    for (const id of [...this.#leases.keys()]) this.#endLease(id);
  }

  backup(): Backup {
    return {
      entries: new Map(this.#entries),
      revision: this.#revision,
      leases: [...this.#leases].map(([id, { seconds }]) => [id, seconds]),
    };
  }

  /** Back to what a backup holds, its revision too: no watch hears of that. */
  restore(backup: Backup): void {
    for (const { stop } of this.#leases.values()) stop();
    this.#leases.clear();
    this.#entries = new Map(backup.entries);
    this.#order = undefined;
    this.#revision = backup.revision;
    this.#compacted = backup.revision;
    this.#history = [];
    for (const [id, seconds] of backup.leases) this.#startLease(id, seconds);
    for (const entry of this.#entries.values()) {
      if (entry.lease !== undefined) this.#leases.get(entry.lease)?.keys.add(entry.key);
    }
  }

  /** What `read` would have answered when the backup was made. */
  readFrom({ entries, revision }: Backup, keys: Keys): Snapshot {
    const found = [...entries.values()].filter(({ key }) => isOf(keys, key));
    return { entries: found.sort(byKey), revision, more: false };
  }

  #select(keys: Keys): Entry[] {
    if ("key" in keys) {
      const entry = this.#entries.get(keys.key);
      return entry === undefined ? [] : [entry];
    }
    this.#order ??= [...this.#entries.keys()].sort();
    const order = this.#order;
    const most = keys.limit === undefined ? Number.POSITIVE_INFINITY : keys.limit + 1;
    const found: Entry[] = [];
    for (let at = lowerBound(order, keys.from); at < order.length && found.length < most; at++) {
      const key = order[at];
      if (key === undefined || key >= keys.end) break;
      const entry = this.#entries.get(key);
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  #holds(condition: Condition): boolean {
    const entry = this.#entries.get(condition.key);
    if ("revision" in condition) return entry?.revision === condition.revision;
    return (condition.is === "present") === (entry !== undefined);
  }

  #apply(changes: readonly Change[]): void {
    const revision = this.#revision + 1n;
    const events: Event[] = [];
    for (const change of changes) {
      const key = "put" in change ? change.put : change.delete;
      const old = this.#entries.get(key);
      if (old?.lease !== undefined) this.#leases.get(old.lease)?.keys.delete(key);
      if ((old === undefined) === "put" in change) this.#order = undefined;
      if ("put" in change) {
        const { value, lease } = change;
        const entry: Entry = { key, value, revision, ...(lease === undefined ? {} : { lease }) };
        this.#entries.set(key, entry);
        if (lease !== undefined) this.#leases.get(lease)?.keys.add(key);
        events.push({ kind: "put", entry });
      } else if (this.#entries.delete(key)) {
        events.push({ kind: "deleted", key, revision });
      }
    }
    if (events.length === 0) return;
    this.#revision = revision;
    const batch: Batch = { events, revision };
    this.#history.push(batch);
    for (const listener of this.#listeners) listener(events);
    for (const watcher of this.#watchers) this.#tell(watcher, batch);
  }

  #tell(watcher: Watcher, batch: Batch): void {
    if (batch.revision < watcher.from) return;
    watcher.from = batch.revision + 1n;
    const events = batch.events.filter((event) => {
      return isOf(watcher.keys, event.kind === "put" ? event.entry.key : event.key);
    });
    if (events.length > 0) watcher.tell({ events, revision: batch.revision });
  }

  #startLease(id: LeaseId, seconds: number): void {
    const keys = new Set<string>();
    this.#leases.set(id, { seconds, keys, stop: this.#leaseEnds(id, seconds) });
  }

  #leaseEnds(id: LeaseId, seconds: number): Cancel {
    return this.#timeline.after(seconds * 1000 * this.leaseFactor(), () => this.#endLease(id));
  }

  #endLease(id: LeaseId): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    lease.stop();
    this.#leases.delete(id);
    this.#apply([...lease.keys].map((key) => ({ delete: key })));
  }
}

function byKey(left: Entry, right: Entry): number {
  return left.key < right.key ? -1 : 1;
}

function isOf(keys: Keys, key: string): boolean {
  return "key" in keys ? keys.key === key : keys.from <= key && key < keys.end;
}

/** Index of the first that is not before the text. */
function lowerBound(order: readonly string[], text: string): number {
  let [low, high] = [0, order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((order[middle] ?? "") < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
