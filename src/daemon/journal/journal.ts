import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
} from "node:fs";
import type { Attachment } from "../../spec/index.ts";
import { decodeLines, encodeLine, type JournalEntry } from "./entry.ts";

const MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const DIRECTORY = "attachments";
const SUFFIX = ".jsonl";
/** A file of so many bytes belongs to an attachment that was made again and again: it is written anew. */
const COMPACT_ABOVE = 256 * 1024;

/**
 * What was attached on this node and by which calls: a file for each attachment, a line for each
 * ADD and each DEL of a plugin. Written by the daemon, and by the full executable when that does a
 * call in the daemon's place, so that what it says is true whoever did the work.
 */
export class Journal {
  readonly directory: string;
  readonly #bootId: string;

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
    const line = encodeLine({ kind: "add", entry: { ...entry, bootId: this.#bootId } });
    const path = this.#path(entry);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > COMPACT_ABOVE) unlinkIfThere(path);
    // An earlier life of the container, in another namespace, is over.
    else if (size > 0 && !this.#isSameLife(entry)) unlinkIfThere(path);
    appendFileSync(path, line, { mode: MODE });
  }

  /** To be called after a DEL, and after an ADD that failed. */
  deleted(attachment: Attachment, plugin: string): void {
    const entries = this.read(attachment);
    const others = entries.filter((entry) => entry.plugin !== plugin);
    const left = entries.length - (others.length < entries.length ? 1 : 0);
    const path = this.#path(attachment);
    if (left <= 0) unlinkIfThere(path);
    else if (left < entries.length) appendFileSync(path, encodeLine({ kind: "del", plugin }));
  }

  /** What was added to an attachment during this boot and is not deleted, in order. */
  read(attachment: Attachment): JournalEntry[] {
    return this.readFile(fileName(attachment)).filter(
      (entry) => fileName(entry) === fileName(attachment),
    );
  }

  /** As {@link read}, by a name that {@link names} gave. */
  readFile(name: string): JournalEntry[] {
    let text: string;
    try {
      text = readFileSync(`${this.directory}/${name}`, "utf8");
    } catch {
      return [];
    }
    return decodeLines(text).filter(({ bootId }) => bootId === this.#bootId);
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

  #isSameLife(entry: Omit<JournalEntry, "bootId">): boolean {
    const [first] = this.read(entry);
    return first?.netns.ino === entry.netns.ino && first.netns.dev === entry.netns.dev;
  }

  #path(attachment: Attachment): string {
    return `${this.directory}/${fileName(attachment)}`;
  }
}

/** Names are hashed: what is in them is anybody's. */
export function fileName({ network, containerId, ifName }: Attachment): string {
  const identity = `${network}\0${containerId}\0${ifName}`;
  return `${new Bun.CryptoHasher("sha256").update(identity).digest("hex").slice(0, 32)}${SUFFIX}`;
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already.
  }
}
