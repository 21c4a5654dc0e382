/** The file that a compaction writes: all that stands, and the newest changes for watches. */
import type { Entry, Event } from "../index.ts";
import { Contents, type Past } from "./contents.ts";
import { isCount, isKeyChange, isLease, isObject, type KeyChange } from "./line.ts";

const FORMAT = 1;

/** What stands in the file; the log of the same generation goes on from there. */
export interface Stored {
  readonly generation: number;
  readonly contents: Contents;
}

export function encodeSnapshot({ generation, contents }: Stored): string {
  const { cluster, revision, compacted, entries, leases, past } = contents;
  return JSON.stringify({
    format: FORMAT,
    generation,
    cluster,
    revision,
    compacted,
    entries: [...entries.values()].map((entry) => ({
      ...asChange({ kind: "put", entry }),
      revision: Number(entry.revision),
    })),
    leases: [...leases.values()],
    past: past.map(({ revision: of, events }) => ({ revision: of, changes: events.map(asChange) })),
  });
}

/** @throws Error that says what is wrong with it */
export function decodeSnapshot(text: string): Stored {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error("it is no object");
  const { format, generation, cluster, revision, compacted, entries, leases, past } = value;
  if (format !== FORMAT) throw new Error(`its format is ${String(format)}, and ${FORMAT} is known`);
  if (!isCount(generation) || !isCount(revision) || !isCount(compacted)) {
    throw new Error("generation, revision or compacted are no counts");
  }
  if (typeof cluster !== "string" || !Array.isArray(entries) || !Array.isArray(leases)) {
    throw new Error("cluster, entries or leases are missing");
  }
  const contents = new Contents(cluster, revision, compacted);
  for (const entry of entries) {
    const read = asEntry(entry, revision);
    contents.entries.set(read.key, read);
  }
  for (const lease of leases) {
    if (!isLease(lease)) throw new Error("a lease makes no sense");
    contents.leases.set(lease.id, lease);
  }
  contents.past = (Array.isArray(past) ? past : []).map(asPast);
  return { generation, contents };
}

function asEntry(value: unknown, newest: number): Entry {
  const isEntry = isKeyChange(value) && "put" in value && isObject(value);
  const revision = isObject(value) ? value["revision"] : undefined;
  if (!isEntry || !isCount(revision) || revision > newest) throw new Error("a key makes no sense");
  const { put: key, value: text, lease } = value;
  return {
    key,
    value: text,
    revision: BigInt(revision),
    ...(lease === undefined ? {} : { lease }),
  };
}

function asPast(value: unknown): Past {
  if (!isObject(value) || !isCount(value["revision"]) || !Array.isArray(value["changes"])) {
    throw new Error("a change makes no sense");
  }
  const revision = BigInt(value["revision"]);
  const events = value["changes"].map((change: unknown) => {
    if (!isKeyChange(change)) throw new Error("a change makes no sense");
    return asEvent(change, revision);
  });
  return { revision: Number(revision), events };
}

function asEvent(change: KeyChange, revision: bigint): Event {
  if ("delete" in change) return { kind: "deleted", key: change.delete, revision };
  const { put: key, value, lease } = change;
  return {
    kind: "put",
    entry: { key, value, revision, ...(lease === undefined ? {} : { lease }) },
  };
}

function asChange(event: Event): KeyChange {
  if (event.kind === "deleted") return { delete: event.key };
  const { key, value, lease } = event.entry;
  return { put: key, value, ...(lease === undefined ? {} : { lease }) };
}
