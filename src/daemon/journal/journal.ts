import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
} from "node:fs";
import type { NetnsIdentity } from "../../kernel/netns/index.ts";
import type { Attachment } from "../../spec/index.ts";
import {
  decodeLines,
  encodeAdded,
  encodeDeleted,
  isSameNetns,
  type JournalEntry,
} from "./entry.ts";

const MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const DIRECTORY = "attachments";
const SUFFIX = ".jsonl";
/** A file of so many bytes belongs to an attachment that was made again and again: it is written anew. */
const COMPACT_ABOVE = 256 * 1024;
/** A size that no file has: somebody has to look. */
const UNKNOWN = -1;
const NEWLINE = 0x0a;
const NOTHING = new Uint8Array();

/** What a file says, as far as this process knows. */
interface Known {
  readonly path: string;
  /** In bytes: with another size somebody else has written it, and it is to be read. */
  size: number;
  readonly netns: NetnsIdentity | undefined;
  /** What was added and is not deleted, in order. */
  readonly plugins: string[];
}

/**
 * What was attached on this node and by which calls: a file for each attachment, a line for each
 * ADD and each DEL of a plugin. Written by the daemon, and by the full executable when that does a
 * call in the daemon's place, so that what it says is true whoever did the work. What a process has
 * written itself it does not read again: an ADD costs it one append.
 */
export class Journal {
  readonly directory: string;
  readonly #bootId: string;
  readonly #known = new Map<string, Known>();

  constructor(stateDir: string, bootId: string) {
    this.directory = `${stateDir}/${DIRECTORY}`;
    this.#bootId = bootId;
  }

  /** Whether a daemon has ever kept one here. */
  get exists(): boolean {
    return existsSync(this.directory);
  }

  create(): void {
    mkdirSync(this.directory, { recursive: true, mode: DIRECTORY_MODE });
  }

  /** To be called before the ADD: what is written down and not there is easier than the reverse. */
  added(entry: Omit<JournalEntry, "bootId">): void {
    const key = identityOf(entry);
    let known = this.#known.get(key);
    if (known === undefined || !canGrow(known, entry.netns)) {
      known = this.#begin(entry);
      this.#known.set(key, known);
    }
    try {
      append(known, encodeAdded(entry, this.#bootId));
      known.plugins.push(entry.plugin);
    } finally {
      // Without room a file is begun that says nothing.
      if (known.plugins.length === 0) unlinkIfThere(known.path);
    }
  }

  /** To be called after a DEL, and after an ADD that failed. */
  deleted(attachment: Attachment, plugin: string): void {
    const key = identityOf(attachment);
    const known = this.#look(key, attachment);
    const at = known.plugins.lastIndexOf(plugin);
    if (at !== -1) known.plugins.splice(at, 1);
    if (known.plugins.length === 0) {
      if (known.size > 0) unlinkIfThere(known.path);
      this.#known.delete(key);
      return;
    }
    if (at !== -1) append(known, encodeDeleted(plugin));
    this.#known.set(key, known);
  }

  /** What was added to an attachment during this boot and is not deleted, in order. */
  read(attachment: Attachment): JournalEntry[] {
    return this.readFile(fileName(attachment)).filter(
      (entry) => identityOf(entry) === identityOf(attachment),
    );
  }

  /** As {@link read}, by a name that {@link names} gave. */
  readFile(name: string): JournalEntry[] {
    const path = `${this.directory}/${name}`;
    return this.#decode(readIfThere(path));
  }

  /** The files of all attachments. */
  names(): string[] {
    try {
      return readdirSync(this.directory).filter((name) => name.endsWith(SUFFIX));
    } catch {
      return [];
    }
  }

  /** Removes a file that says nothing any more. */
  drop(name: string): void {
    unlinkIfThere(`${this.directory}/${name}`);
  }

  /** The file that an ADD's line goes to, rid of what is over. */
  #begin(entry: Omit<JournalEntry, "bootId">): Known {
    const path = `${this.directory}/${fileName(entry)}`;
    const present = this.#load(path, entry);
    if (canGrow(present, entry.netns)) return present;
    if (present.size > 0) unlinkIfThere(path);
    return { path, size: 0, netns: entry.netns, plugins: [] };
  }

  /** What is known of an attachment's file, or else what it says. */
  #look(key: string, attachment: Attachment): Known {
    const known = this.#known.get(key);
    if (known !== undefined && known.size === sizeOf(known.path)) return known;
    return this.#load(`${this.directory}/${fileName(attachment)}`, attachment);
  }

  #load(path: string, attachment: Attachment): Known {
    const bytes = sizeOf(path) === 0 ? NOTHING : readIfThere(path);
    const key = identityOf(attachment);
    const entries = this.#decode(bytes).filter((entry) => identityOf(entry) === key);
    const plugins = entries.map(({ plugin }) => plugin);
    const known = { path, size: bytes.length, netns: entries[0]?.netns, plugins };
    // A line behind half a line would be lost with it.
    if (plugins.length > 0 && bytes.at(-1) !== NEWLINE) append(known, "\n");
    return known;
  }

  #decode(bytes: Uint8Array): JournalEntry[] {
    const entries = decodeLines(new TextDecoder().decode(bytes));
    return entries.filter(({ bootId }) => bootId === this.#bootId);
  }
}

function identityOf({ network, containerId, ifName }: Attachment): string {
  return `${network}\0${containerId}\0${ifName}`;
}

/** Names are hashed: what is in them is anybody's. */
function fileName(attachment: Attachment): string {
  const digest = new Bun.CryptoHasher("sha256").update(identityOf(attachment)).digest("hex");
  return `${digest.slice(0, 32)}${SUFFIX}`;
}

/** Whether a line of an ADD in a namespace can just be added. */
function canGrow({ size, netns, plugins }: Known, present: NetnsIdentity): boolean {
  const isInBounds = size !== UNKNOWN && size <= COMPACT_ABOVE;
  return isInBounds && plugins.length > 0 && isSameNetns(netns, present);
}

function append(known: Known, text: string): void {
  const { size } = known;
  known.size = UNKNOWN; // unless all of it is written
  appendFileSync(known.path, text, { mode: MODE });
  known.size = size + Buffer.byteLength(text);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function readIfThere(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch {
    return NOTHING;
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already.
  }
}
