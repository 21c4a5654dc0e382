import { lstatSync, mkdirSync, readdirSync } from "node:fs";
import type { NetnsIdentity } from "../kernel/netns/index.ts";
import { type Attachment, attachmentKey } from "../spec/index.ts";
import {
  ForeignFile,
  moveIntoPlace,
  readIfThere,
  readOrClear,
  unlinkIfThere,
  writeAside,
} from "../state/files/index.ts";
import { isSame } from "../state/netns-record/index.ts";
import { append } from "./append.ts";
import {
  decodeLines,
  encodeAdded,
  encodeDeleted,
  encodeResult,
  type JournalEntry,
  type NetnsNote,
  type NewEntry,
} from "./entry.ts";
import { History } from "./history.ts";

const DIRECTORY_MODE = 0o700;
const DIRECTORY = "attachments";
const SUFFIX = ".jsonl";
/** A larger file, of an attachment that was made again and again, is written anew. */
const COMPACT_ABOVE = 256 * 1024;
/** Files that are read in one go. */
const SLICE = 64;
/** A size that no file has, so that the file is read again. */
const UNKNOWN = -1;

/** The content of a file, as far as this process knows it. */
interface Known {
  readonly path: string;
  /** In bytes; a file of another size has been written by another process, and is read again. */
  size: number;
  readonly netns: NetnsNote | undefined;
  /** What was added and is not deleted, in order. */
  readonly plugins: string[];
  /** Of the first plugin's result; undefined until that ADD has ended. */
  addresses: readonly string[] | undefined;
}

/**
 * The attachments of this node with the calls that made them: a file for each attachment, a line for
 * each ADD and each DEL of a plugin. The daemon writes it, and the full executable when that does a
 * call in the daemon's place. A process does not read again what it has written itself, so that an
 * ADD costs one append.
 */
export class Journal {
  readonly directory: string;
  /** What happened to the attachments. */
  readonly history: History;
  readonly #bootId: string;
  readonly #known = new Map<string, Known>();

  /** `by`: the name that this process has in the history, where it adds to that. */
  constructor(stateDir: string, bootId: string, by: string = "") {
    this.directory = `${stateDir}/${DIRECTORY}`;
    this.history = new History(stateDir, by);
    this.#bootId = bootId;
  }

  create(): void {
    mkdirSync(this.directory, { recursive: true, mode: DIRECTORY_MODE });
  }

  /** To be called before the ADD, since a note without an attachment does less harm than the reverse. */
  added(entry: NewEntry): void {
    const key = attachmentKey(entry);
    let known = this.#known.get(key);
    if (known === undefined || !canGrow(known, entry.netns)) {
      known = this.#begin(entry);
      this.#known.set(key, known);
    }
    try {
      appendTo(known, encodeAdded(entry, this.#bootId));
      known.plugins.push(entry.plugin);
    } finally {
      // On a full disk an empty file is left.
      if (known.plugins.length === 0) unlinkIfThere(known.path);
    }
  }

  /** To be called after an ADD that succeeded; `addresses` in CIDR notation. */
  attached(attachment: Attachment, plugin: string, addresses: readonly string[]): void {
    const key = attachmentKey(attachment);
    const known = this.#look(key, attachment);
    this.#known.set(key, known);
    if (known.plugins[0] !== plugin || known.addresses !== undefined) return;
    appendTo(known, encodeResult(plugin, addresses));
    known.addresses = addresses;
    this.#happened("attached", attachment, known);
  }

  /** To be called after a DEL, and after an ADD that failed. */
  deleted(attachment: Attachment, plugin: string): void {
    const key = attachmentKey(attachment);
    const known = this.#look(key, attachment);
    const at = known.plugins.lastIndexOf(plugin);
    if (at !== -1) known.plugins.splice(at, 1);
    if (known.plugins.length === 0) {
      if (known.size > 0) unlinkIfThere(known.path);
      this.#known.delete(key);
      this.#happened("detached", attachment, known);
      return;
    }
    if (at !== -1) appendTo(known, encodeDeleted(plugin));
    this.#known.set(key, known);
  }

  /** To be called after a GC of a plugin: forgets what it has removed. Lets other calls go first. */
  async collected(
    network: string,
    plugin: string,
    isValid: (attachment: Attachment) => boolean,
  ): Promise<void> {
    for (const [at, name] of this.names().entries()) {
      if (at % SLICE === SLICE - 1) await Bun.sleep(0);
      for (const entry of this.readFile(name)) {
        const isOfCall = entry.network === network && entry.plugin === plugin;
        if (isOfCall && !isValid(entry)) this.deleted(entry, plugin);
      }
    }
  }

  /** What was added to an attachment during this boot and is not deleted, in order. */
  read(attachment: Attachment): JournalEntry[] {
    return this.readFile(fileName(attachment)).filter(
      (entry) => attachmentKey(entry) === attachmentKey(attachment),
    );
  }

  /** As `read`, by a name that `names` gave. What is no file of ours has no entries, and stays. */
  readFile(name: string): JournalEntry[] {
    return this.#decode(textOf(`${this.directory}/${name}`));
  }

  /** The name of an attachment's file. */
  static nameOf(attachment: Attachment): string {
    return fileName(attachment);
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
  #begin(entry: NewEntry): Known {
    const path = `${this.directory}/${fileName(entry)}`;
    const present = this.#load(path, entry);
    if (canGrow(present, entry.netns)) return present;
    const isContinued = present.netns !== undefined && isSame(present.netns, entry.netns);
    if (!isContinued) this.#happened("detached", entry, present);
    const living = isContinued ? this.read(entry) : [];
    if (living.length === 0 && present.size > 0) unlinkIfThere(path);
    const size = living.length === 0 ? 0 : this.#rewrite(path, living);
    const plugins = living.map(({ plugin }) => plugin);
    return { path, size, netns: entry.netns, plugins, addresses: living[0]?.addresses };
  }

  /** Adds to the history, unless the ADD did not come to its end. */
  #happened(event: "attached" | "detached", attachment: Attachment, known: Known): void {
    const { netns, addresses } = known;
    if (addresses === undefined) return;
    const { network, containerId, ifName } = attachment;
    const { path = "" } = netns ?? {};
    this.history.add({ event, network, containerId, ifName, netns: path, addresses });
  }

  /** Gives the new size. */
  #rewrite(path: string, living: readonly JournalEntry[]): number {
    const text = living.map((entry) => this.#linesOf(entry)).join("");
    const aside = `${path}.aside`;
    writeAside(aside, text);
    moveIntoPlace(aside, path);
    return Buffer.byteLength(text);
  }

  #linesOf(entry: JournalEntry): string {
    const { plugin, addresses } = entry;
    const result = addresses === undefined ? "" : encodeResult(plugin, addresses);
    return encodeAdded(entry, this.#bootId) + result;
  }

  /** The content of an attachment's file, read where it is not known. */
  #look(key: string, attachment: Attachment): Known {
    const known = this.#known.get(key);
    if (known !== undefined && known.size === sizeOf(known.path)) return known;
    return this.#load(`${this.directory}/${fileName(attachment)}`, attachment);
  }

  #load(path: string, attachment: Attachment): Known {
    const text = readOrClear(path) ?? "";
    const key = attachmentKey(attachment);
    const entries = this.#decode(text).filter((entry) => attachmentKey(entry) === key);
    const plugins = entries.map(({ plugin }) => plugin);
    const [first] = entries;
    const size = Buffer.byteLength(text);
    const known = { path, size, netns: first?.netns, plugins, addresses: first?.addresses };
    // A line behind half a line would be lost with it.
    if (plugins.length > 0 && !text.endsWith("\n")) appendTo(known, "\n");
    return known;
  }

  #decode(text: string): JournalEntry[] {
    return decodeLines(text).filter(({ bootId }) => bootId === this.#bootId);
  }
}

function textOf(path: string): string {
  try {
    return readIfThere(path) ?? "";
  } catch (error) {
    if (error instanceof ForeignFile) return "";
    throw error;
  }
}

/** Names are hashed, since callers choose them. */
function fileName(attachment: Attachment): string {
  const digest = new Bun.CryptoHasher("sha256").update(attachmentKey(attachment)).digest("hex");
  return `${digest.slice(0, 32)}${SUFFIX}`;
}

/** Whether a line of an ADD in a namespace can just be added. */
function canGrow({ size, netns, plugins }: Known, present: NetnsIdentity): boolean {
  const isInBounds = size !== UNKNOWN && size <= COMPACT_ABOVE;
  return isInBounds && plugins.length > 0 && netns !== undefined && isSame(netns, present);
}

function appendTo(known: Known, text: string): void {
  const { size } = known;
  known.size = UNKNOWN; // until all of the text is written
  append(known.path, text);
  known.size = size + Buffer.byteLength(text);
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
