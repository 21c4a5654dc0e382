import { constants, existsSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import type { NetnsIdentity } from "../../kernel/netns/index.ts";
import type { Attachment } from "../../spec/index.ts";
import {
  moveIntoPlace,
  openInPlace,
  readOrClear,
  unlinkIfThere,
  writeAndClose,
  writeAside,
} from "../../state/files/index.ts";
import { isSame } from "../../state/netns-record/index.ts";
import { decodeLines, encodeAdded, encodeDeleted, type JournalEntry } from "./entry.ts";

const MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const DIRECTORY = "attachments";
const SUFFIX = ".jsonl";
/** A larger file, of an attachment that was made again and again, is written anew. */
const COMPACT_ABOVE = 256 * 1024;
/** A size that no file has, so that the file is read again. */
const UNKNOWN = -1;

/** The content of a file, as far as this process knows it. */
interface Known {
  readonly path: string;
  /** In bytes; a file of another size has been written by another process, and is read again. */
  size: number;
  readonly netns: NetnsIdentity | undefined;
  /** What was added and is not deleted, in order. */
  readonly plugins: string[];
}

/**
 * The attachments of this node with the calls that made them: a file for each attachment, a line for
 * each ADD and each DEL of a plugin. The daemon writes it, and the full executable when that does a
 * call in the daemon's place. A process does not read again what it has written itself, so that an
 * ADD costs one append.
 */
export class Journal {
  readonly directory: string;
  readonly #bootId: string;
  readonly #known = new Map<string, Known>();

  constructor(stateDir: string, bootId: string) {
    this.directory = `${stateDir}/${DIRECTORY}`;
    this.#bootId = bootId;
  }

  /** Whether a daemon has ever kept a journal here. */
  get exists(): boolean {
    return existsSync(this.directory);
  }

  create(): void {
    mkdirSync(this.directory, { recursive: true, mode: DIRECTORY_MODE });
  }

  /** To be called before the ADD, since a note without an attachment does less harm than the reverse. */
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
      // On a full disk an empty file is left.
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

  /** As `read`, by a name that `names` gave. */
  readFile(name: string): JournalEntry[] {
    return this.#decode(readOrClear(`${this.directory}/${name}`) ?? "");
  }

  /** The files of all attachments. */
  names(): string[] {
    try {
      return readdirSync(this.directory).filter((name) => name.endsWith(SUFFIX));
    } catch {
      return [];
    }
  }

  /** Removes a file without entries of this boot. */
  drop(name: string): void {
    unlinkIfThere(`${this.directory}/${name}`);
  }

  /** The file that an ADD's line goes to, rid of what is over. */
  #begin(entry: Omit<JournalEntry, "bootId">): Known {
    const path = `${this.directory}/${fileName(entry)}`;
    const present = this.#load(path, entry);
    if (canGrow(present, entry.netns)) return present;
    const isContinued = present.netns !== undefined && isSame(present.netns, entry.netns);
    const living = isContinued ? this.read(entry) : [];
    if (living.length === 0 && present.size > 0) unlinkIfThere(path);
    const size = living.length === 0 ? 0 : this.#rewrite(path, living);
    return { path, size, netns: entry.netns, plugins: living.map(({ plugin }) => plugin) };
  }

  /** Gives the new size. */
  #rewrite(path: string, living: readonly JournalEntry[]): number {
    const text = living.map((entry) => encodeAdded(entry, this.#bootId)).join("");
    const aside = `${path}.aside`;
    writeAside(aside, text);
    moveIntoPlace(aside, path);
    return Buffer.byteLength(text);
  }

  /** The content of an attachment's file, read where it is not known. */
  #look(key: string, attachment: Attachment): Known {
    const known = this.#known.get(key);
    if (known !== undefined && known.size === sizeOf(known.path)) return known;
    return this.#load(`${this.directory}/${fileName(attachment)}`, attachment);
  }

  #load(path: string, attachment: Attachment): Known {
    const text = readOrClear(path) ?? "";
    const key = identityOf(attachment);
    const entries = this.#decode(text).filter((entry) => identityOf(entry) === key);
    const plugins = entries.map(({ plugin }) => plugin);
    const known = { path, size: Buffer.byteLength(text), netns: entries[0]?.netns, plugins };
    // A line behind half a line would be lost with it.
    if (plugins.length > 0 && !text.endsWith("\n")) append(known, "\n");
    return known;
  }

  #decode(text: string): JournalEntry[] {
    return decodeLines(text).filter(({ bootId }) => bootId === this.#bootId);
  }
}

function identityOf({ network, containerId, ifName }: Attachment): string {
  return `${network}\0${containerId}\0${ifName}`;
}

/** Names are hashed, since callers choose them. */
function fileName(attachment: Attachment): string {
  const digest = new Bun.CryptoHasher("sha256").update(identityOf(attachment)).digest("hex");
  return `${digest.slice(0, 32)}${SUFFIX}`;
}

/** Whether a line of an ADD in a namespace can just be added. */
function canGrow({ size, netns, plugins }: Known, present: NetnsIdentity): boolean {
  const isInBounds = size !== UNKNOWN && size <= COMPACT_ABOVE;
  return isInBounds && plugins.length > 0 && netns !== undefined && isSame(netns, present);
}

function append(known: Known, text: string): void {
  const { size } = known;
  known.size = UNKNOWN; // until all of the text is written
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
  writeAndClose(openInPlace(known.path, flags, MODE), text);
  known.size = size + Buffer.byteLength(text);
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
