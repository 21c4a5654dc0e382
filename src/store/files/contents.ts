/** What the files hold, in memory: keys, leases, and the changes that watches may still ask for. */
import type { Condition, Entry, Event, Keys, Snapshot } from "../index.ts";
import type { KeyChange, LeaseRecord, Line } from "./line.ts";
import { compareKeys, isOf } from "./order.ts";

/** Changes of one revision. */
export interface Past {
  readonly revision: number;
  readonly events: readonly Event[];
}

/** What a compaction leaves to watches: so many revisions, and so many letters of values, at most. */
const KEPT_REVISIONS = 512;
const KEPT_LETTERS = 1024 * 1024;

export class Contents {
  /** Differs between directories that were set up apart. */
  readonly cluster: string;
  readonly entries: Map<string, Entry> = new Map();
  readonly leases: Map<string, LeaseRecord> = new Map();
  revision: number;
  /** Changes up to this revision are forgotten. */
  compacted: number;
  past: Past[] = [];
  #sorted: string[] | undefined;

  constructor(cluster: string, revision: number, compacted: number) {
    this.cluster = cluster;
    this.revision = revision;
    this.compacted = compacted;
  }

  /** Carries out a line; false when it does not follow what stands here. */
  apply(line: Line): boolean {
    if ("lease" in line) {
      this.leases.set(line.lease.id, line.lease);
      return true;
    }
    if (line.ended !== undefined) this.leases.delete(line.ended);
    if (!("revision" in line)) return true;
    if (line.revision !== this.revision + 1) return false;
    this.revision = line.revision;
    const events = line.changes.map((change) => this.#change(change, BigInt(line.revision)));
    this.past.push({ revision: line.revision, events });
    return true;
  }

  read(keys: Keys): Snapshot {
    const revision = BigInt(this.revision);
    if ("key" in keys) {
      const entry = this.entries.get(keys.key);
      return { entries: entry === undefined ? [] : [entry], revision, more: false };
    }
    const names = this.#names.filter((name) => isOf(keys, name));
    const { limit = 0 } = keys;
    const some = limit > 0 ? names.slice(0, limit) : names;
    const entries = some.flatMap((name) => this.entries.get(name) ?? []);
    return { entries, revision, more: some.length < names.length };
  }

  holds(condition: Condition): boolean {
    const entry = this.entries.get(condition.key);
    if ("revision" in condition) return (entry?.revision ?? 0n) === condition.revision;
    return (condition.is === "present") === (entry !== undefined);
  }

  /** The keys of a lease, in order. */
  keysOf(lease: string): string[] {
    return this.#names.filter((name) => this.entries.get(name)?.lease === lease);
  }

  /** Changes of the keys since a revision, which is not forgotten. */
  since(revision: number, keys: Keys): Past[] {
    const first = this.past.findIndex((past) => past.revision >= revision);
    if (first < 0) return [];
    return this.past.slice(first).flatMap((past) => {
      const events = past.events.filter((event) =>
        isOf(keys, event.kind === "put" ? event.entry.key : event.key),
      );
      return events.length === 0 ? [] : [{ revision: past.revision, events }];
    });
  }

  /** Forgets changes: up to a revision, or all but the newest. */
  forget(upTo: number = this.#oldEnough): void {
    if (upTo <= this.compacted) return;
    this.compacted = upTo;
    this.past = this.past.filter(({ revision }) => revision > upTo);
  }

  get #oldEnough(): number {
    let letters = 0;
    for (const { revision, events } of this.past.toReversed()) {
      for (const event of events) letters += event.kind === "put" ? event.entry.value.length : 0;
      if (letters > KEPT_LETTERS || this.revision - revision >= KEPT_REVISIONS) return revision;
    }
    return this.compacted;
  }

  get #names(): string[] {
    this.#sorted ??= [...this.entries.keys()].sort(compareKeys);
    return this.#sorted;
  }

  #change(change: KeyChange, revision: bigint): Event {
    if ("delete" in change) {
      if (this.entries.delete(change.delete)) this.#sorted = undefined;
      return { kind: "deleted", key: change.delete, revision };
    }
    const { put: key, value, lease } = change;
    const entry: Entry = { key, value, revision, ...(lease === undefined ? {} : { lease }) };
    if (!this.entries.has(key)) this.#sorted = undefined;
    this.entries.set(key, entry);
    return { kind: "put", entry };
  }
}
