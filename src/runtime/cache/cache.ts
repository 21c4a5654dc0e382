import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { errnoName, errorText } from "../../base/index.ts";
import { livenessOf, ownIdentity, type ProcessIdentity, randomHex } from "../../locks/index.ts";
import type { Attachment } from "../../spec/index.ts";
import { readRegularFile, syncDirectory, writeNewFile } from "../files.ts";
import { type CacheEntry, type Decoded, parseEntry, printEntry, sameAttachment } from "./entry.ts";
import { hashedName, plainName } from "./name.ts";
import { temporaryName, writerOf } from "./temporary.ts";

/** How a cache behaves. */
export interface CacheOptions {
  /** Makes every write last through a loss of power, at the cost of waiting for the disk. */
  readonly fsync?: boolean;
  /** Called for files that were set aside, and for other harmless faults. */
  readonly onWarning?: (text: string) => void;
}

const FILE_LIMIT = 64 * 1024 * 1024;
const STALE_TEMPORARY_MS = 3_600_000;

/**
 * What is remembered of attachments: a file each in `<dir>/results`, in libcni's format and,
 * unless another attachment has it already, under libcni's name. Files are written aside and
 * renamed. A file that cannot be understood is moved to `<dir>/hawser-quarantine` and counts as
 * absent. Writers of one attachment must exclude each other.
 */
export class Cache {
  readonly #results: string;
  readonly #temporary: string;
  readonly #quarantine: string;
  readonly #options: CacheOptions;
  readonly #token: string = randomHex(8);
  /** Names of the files that entries were read from. */
  readonly #places = new WeakMap<CacheEntry, string>();
  #writer: ProcessIdentity | undefined;
  #written = 0;

  constructor(dir: string, options: CacheOptions = {}) {
    this.#results = join(dir, "results");
    this.#temporary = join(dir, "hawser-tmp");
    this.#quarantine = join(dir, "hawser-quarantine");
    this.#options = options;
  }

  /** The entry of an attachment; undefined when there is none that can be understood. */
  read(attachment: Attachment): CacheEntry | undefined {
    const found = this.#find(attachment);
    if (found !== undefined) this.#places.set(found.entry, found.name);
    return found?.entry;
  }

  /**
   * Writes or replaces the entry of an attachment; gives its place.
   * @throws the system's error
   */
  write(entry: CacheEntry): string {
    return this.#put(entry, (temporary) => this.#publish(temporary, entry.attachment));
  }

  /**
   * Writes the entry in place of the one that `write` has just put there. The place is the
   * attachment's since then, so no other name has to be looked at.
   */
  rewrite(entry: CacheEntry, place: string): void {
    this.#put(entry, (temporary) => {
      renameSync(temporary, place);
      return place;
    });
  }

  #put(entry: CacheEntry, publish: (temporary: string) => string): string {
    const unique = `${this.#token}${(this.#written++).toString(16)}`;
    const temporary = `${this.#temporary}/${temporaryName(this.#own(), unique)}`;
    inDirectory(this.#temporary, () =>
      writeNewFile(temporary, printEntry(entry), this.#options.fsync === true),
    );
    let place: string;
    try {
      place = inDirectory(this.#results, () => publish(temporary));
    } catch (error) {
      unlinkQuietly(temporary);
      throw error;
    }
    if (this.#options.fsync) syncDirectory(this.#results);
    return place;
  }

  /**
   * Removes the entry of an attachment, if there is one.
   * @throws the system's error
   *
   * @param entry What `read` gave: its file is the attachment's since then, as `rewrite` tells.
   */
  remove(attachment: Attachment, entry?: CacheEntry): void {
    const known = entry === undefined ? undefined : this.#places.get(entry);
    for (const name of namesOf(attachment)) {
      if (name !== known && this.#load(name, attachment)?.mine !== true) continue;
      try {
        unlinkSync(`${this.#results}/${name}`);
      } catch (error) {
        if (errnoName(error) !== "ENOENT") throw error;
      }
    }
  }

  /**
   * All entries that name their attachment, sorted by file name.
   * @throws the system's error
   */
  list(): CacheEntry[] {
    const entries: CacheEntry[] = [];
    for (const name of readNames(this.#results)) {
      const decoded = this.#decode(name, NOBODY);
      if (decoded?.state === "entry" && decoded.complete) entries.push(decoded.entry);
    }
    return entries;
  }

  /** Removes what killed writers left behind; of unknown writers, what is old. */
  tidy(): void {
    const oldest = Date.now() - STALE_TEMPORARY_MS;
    for (const name of readNames(this.#temporary)) {
      const path = join(this.#temporary, name);
      const writer = writerOf(name);
      const liveness = writer === undefined ? "unknown" : livenessOf(writer, this.#own());
      const stat = statSync(path, { throwIfNoEntry: false });
      const isOld = stat !== undefined && stat.mtimeMs < oldest;
      if (liveness === "dead" || (liveness === "unknown" && isOld)) unlinkQuietly(path);
    }
  }

  #own(): ProcessIdentity {
    this.#writer ??= ownIdentity(this.#token);
    return this.#writer;
  }

  #find(attachment: Attachment): { name: string; entry: CacheEntry } | undefined {
    for (const name of namesOf(attachment)) {
      const loaded = this.#load(name, attachment);
      if (loaded?.mine) return { name, entry: loaded.entry };
    }
    return undefined;
  }

  /** Gives the written file its name: libcni's, unless that is another attachment's. */
  #publish(temporary: string, attachment: Attachment): string {
    const plain = plainName(attachment);
    const hashed = `${this.#results}/${hashedName(attachment)}`;
    for (let attempt = 0; plain !== undefined && attempt < 3; attempt++) {
      const path = `${this.#results}/${plain}`;
      const present = this.#load(plain, attachment);
      if (present?.mine === false) break;
      if (present === undefined && !linkNew(temporary, path)) continue;
      if (present === undefined) {
        unlinkQuietly(temporary);
      } else {
        renameSync(temporary, path);
      }
      if (existsSync(hashed)) unlinkQuietly(hashed); // from a time when the plain name was taken
      return path;
    }
    renameSync(temporary, hashed);
    return hashed;
  }

  /** The entry in a file and whether it is the attachment's; a broken file is set aside. */
  #load(name: string, attachment: Attachment): { entry: CacheEntry; mine: boolean } | undefined {
    const decoded = this.#decode(name, attachment);
    if (decoded?.state === "entry") {
      const { entry } = decoded;
      return { entry, mine: sameAttachment(entry.attachment, attachment) };
    }
    if (decoded?.state === "broken") this.#setAside(name, decoded.why);
    return undefined;
  }

  #decode(name: string, asked: Attachment): Decoded | undefined {
    const path = `${this.#results}/${name}`;
    try {
      // Mostly there is none, and `undefined` costs less than an error.
      if (!existsSync(path)) return undefined;
      return parseEntry(readRegularFile(path, FILE_LIMIT), asked);
    } catch (error) {
      if (errnoName(error) === "ENOENT") return undefined;
      return { state: "broken", why: errorText(error) };
    }
  }

  #setAside(name: string, why: string): void {
    const path = join(this.#results, name);
    const stamp = `${Date.now().toString(36)}-${randomHex(4)}`;
    const place = join(this.#quarantine, `${stamp}-${name.slice(0, 100)}`);
    try {
      inDirectory(this.#quarantine, () => renameSync(path, place));
      this.#options.onWarning?.(`cache file ${path} cannot be used: ${why}; moved to ${place}`);
    } catch (error) {
      this.#options.onWarning?.(
        `cache file ${path} cannot be used: ${why}; nor moved away: ${errorText(error)}`,
      );
    }
  }
}

/** Stands for the attachment when a file is read without looking for a particular one. */
const NOBODY: Attachment = { network: "", containerId: "", ifName: "" };

function* namesOf(attachment: Attachment): Generator<string, void> {
  const plain = plainName(attachment);
  if (plain !== undefined) yield plain;
  yield hashedName(attachment);
}

function readNames(dir: string): string[] {
  try {
    return readdirSync(dir).sort();
  } catch (error) {
    if (errnoName(error) === "ENOENT") return [];
    throw error;
  }
}

/** Does something in a directory, which is made when it is missing. */
function inDirectory<T>(dir: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (errnoName(error) !== "ENOENT") throw error;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return action();
  }
}

/** Gives the file a second name; false when a file has that name already. */
function linkNew(from: string, to: string): boolean {
  try {
    linkSync(from, to);
  } catch (error) {
    const code = errnoName(error);
    if (code === "EEXIST") return false;
    if (code === "ENOENT") throw error;
    renameSync(from, to); // a file system without hard links
  }
  return true;
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It need not exist.
  }
}
