import { Journal, type JournalEntry } from "../../journal/index.ts";
import type { NetnsIdentity } from "../../kernel/netns/index.ts";
import { type Attachment, isObject } from "../../spec/index.ts";
import { netnsFromJson } from "../../state/netns-record/index.ts";
import { OwnerStore, readBootId } from "../../state/owner/index.ts";
import { namesIn } from "./places.ts";
import { type OnProblem, orProblem } from "./problem.ts";

/** The namespace of an attachment, as a plugin has noted it. */
export interface NetnsNoted extends Attachment {
  readonly netns: NetnsIdentity | undefined;
  /** The plugin; "" where it is not noted. */
  readonly plugin: string;
  readonly directory: string;
}

/** Notes of one kind, by the names of their files. */
export interface NoteFiles<T> {
  readonly directory: string;
  readonly names: ReadonlySet<string>;
  /** Undefined for a file that cannot be understood, or is of an earlier boot. */
  readonly read: (name: string) => T | undefined;
}

/** The namespaces that plugins have noted during this boot. */
export function netnsNotes(stateDir: string, onProblem: OnProblem): NoteFiles<NetnsNoted> {
  const store = new OwnerStore({ stateDir, kind: "netns", bootId: readBootId() });
  const { directory } = store;
  return {
    directory,
    names: new Set(orProblem(directory, onProblem, () => store.names())),
    read(name) {
      const record = orProblem(`${directory}/${name}`, onProblem, () => store.lookAt(name));
      if (record === undefined || record.isStale) return undefined;
      const { network, containerId, ifName, data } = record;
      const by = isObject(data) ? data["by"] : undefined;
      const plugin = typeof by === "string" ? by : "";
      return { network, containerId, ifName, netns: netnsFromJson(data), plugin, directory };
    },
  };
}

/**
 * The names of notes of attachments whose addresses are masqueraded in Hawser's own layout. The reference plugins do
 * not know it, and their DEL fails on the chain that they miss.
 */
export function ownMasquerades(stateDir: string, onProblem: OnProblem): ReadonlySet<string> {
  const store = new OwnerStore({ stateDir, kind: "masquerade", bootId: readBootId() });
  return new Set(orProblem(store.directory, onProblem, () => store.names()));
}

/** All of them. */
export function allOf<T>({ names, read }: NoteFiles<T>): T[] {
  // A note may be a list itself, which stays one.
  return [...names].map((name) => read(name)).filter((note) => note !== undefined);
}

/** What the daemon's journal has of an attachment: the plugins that were called for it, in order. */
export type Journalled = readonly [JournalEntry, ...JournalEntry[]];

/** The daemon's journal of this boot. */
export function journalFiles(stateDir: string, onProblem: OnProblem): NoteFiles<Journalled> {
  const journal = new Journal(stateDir, readBootId());
  const { directory } = journal;
  const names = orProblem(directory, onProblem, () => namesIn(directory)) ?? [];
  return {
    directory,
    names: new Set(names.filter((name) => name.endsWith(".jsonl"))),
    read(name) {
      const path = `${directory}/${name}`;
      const [first, ...more] = orProblem(path, onProblem, () => journal.readFile(name)) ?? [];
      return first === undefined ? undefined : [first, ...more];
    },
  };
}
