import { existsSync, lstatSync, readdirSync, readFileSync, renameSync } from "node:fs";
import type { Attachment, JsonValue } from "../../spec/index.ts";
import {
  ForeignFile,
  isAbsent,
  moveIntoPlace,
  orFailure,
  readOrClear,
  readOwn,
  unlinkIfThere,
  writeAside,
} from "../files/index.ts";
import { ownerComment } from "./comment.ts";
import { decodeRecord, encodeRecord, type OwnerRecord, recordName } from "./record.ts";

/** Where owner records lie unless the environment says otherwise: gone with the next boot. */
export const DEFAULT_STATE_DIR = "/run/hawser";

/** The environment variable that names another directory. */
export const STATE_DIR_VARIABLE = "HAWSER_STATE_DIR";

const KIND = /^[a-z][a-z0-9-]*$/;
const TORN = ".torn";
const ASIDE = ".aside";
// Written within milliseconds; what is of another time was left by a crash.
const ASIDE_LIFETIME_MS = 60_000;

/** What an owner store is made of. */
export interface OwnerStoreOptions {
  /** The directory of all kinds; see `stateDirectory`. */
  stateDir: string;
  /** What the records are about, such as "portmap"; lower case, part of the path. */
  kind: string;
  /** The running boot; see `readBootId`. */
  bootId: string;
  /** Nothing is written, removed or set aside: for a plan. */
  looksOnly?: boolean;
}

/** A record found by listing. */
export interface ListedRecord extends OwnerRecord {
  /** Written during another boot: what it speaks of is gone, only the file is left. */
  readonly isStale: boolean;
}

/**
 * Owner records of one kind: a small file per attachment. Files and directory are for root only.
 * A record is whole or not there; one that cannot be understood is set aside under another name,
 * where it blocks nothing.
 */
export class OwnerStore {
  readonly directory: string;
  readonly #bootId: string;
  readonly #looksOnly: boolean;

  constructor(options: OwnerStoreOptions) {
    if (!KIND.test(options.kind)) throw new RangeError(`no kind of record: ${options.kind}`);
    this.directory = `${options.stateDir}/${options.kind}`;
    this.#bootId = options.bootId;
    this.#looksOnly = options.looksOnly === true;
  }

  /** The name of an attachment's file. */
  static nameOf(attachment: Attachment): string {
    return recordName(attachment);
  }

  /** Writes, or replaces, the attachment's record; to be called before what it speaks of is made. */
  write(attachment: Attachment, data: JsonValue): void {
    this.#refuseToLook();
    const { network, containerId, ifName } = attachment;
    const record = { network, containerId, ifName, bootId: this.#bootId, data };
    const path = this.#path(attachment);
    // One name for all times: no other call works on this attachment, and DEL finds what a crash left.
    const aside = `${path}${ASIDE}`;
    try {
      tried(`cannot write ${path}`, () => {
        writeAside(aside, encodeRecord(record));
        moveIntoPlace(aside, path);
      });
    } catch (error) {
      discard(aside);
      throw error;
    }
  }

  /** The attachment's record; undefined when there is none, or none of this boot. */
  read(attachment: Attachment): OwnerRecord | undefined {
    const record = this.#load(this.#path(attachment));
    if (record === undefined || this.#isStale(record)) return undefined;
    return isOf(record, attachment) ? record : undefined;
  }

  /** Where the attachment's record is, as far as there is one. */
  pathIfThere(attachment: Attachment): string | undefined {
    const path = this.#path(attachment);
    return existsSync(path) ? path : undefined;
  }

  /**
   * For a plan of GC: those of the network's records that `collect` would undo.
   */
  staleRecords(network: string, isStale: (mark: string) => boolean): ListedRecord[] {
    return this.list(network).filter((record) => isStale(ownerComment(record)));
  }

  /** Removes the attachment's record, also one set aside or half written; fine when there is none. */
  remove(attachment: Attachment): void {
    this.#refuseToLook();
    const path = this.#path(attachment);
    for (const each of [path, `${path}${TORN}`, `${path}${ASIDE}`]) {
      tried(`cannot remove ${each}`, () => unlinkIfThere(each));
    }
  }

  /**
   * All records of the network, of other boots too. Cleans up after crashes on the way: what was
   * being written is removed, what cannot be understood is set aside.
   */
  list(network: string): ListedRecord[] {
    return this.all().filter((record) => record.network === network);
  }

  /** As `list`, of every network. */
  all(): ListedRecord[] {
    if (this.#looksOnly) return this.look();
    const records: ListedRecord[] = [];
    for (const name of this.#names()) {
      const path = `${this.directory}/${name}`;
      if (name.endsWith(ASIDE)) removeIfOld(path);
      if (!name.endsWith(".json")) continue;
      const record = this.#load(path);
      if (record === undefined) continue;
      records.push({ ...record, isStale: this.#isStale(record) });
    }
    return records;
  }

  /** The files of all records. */
  names(): string[] {
    return this.#names().filter((name) => name.endsWith(".json"));
  }

  /**
   * As `all`, and changes nothing: what is torn, half written or no file of ours is left out, and stays.
   * @param isWanted by the name of its file; all without it
   */
  look(isWanted: (name: string) => boolean = () => true): ListedRecord[] {
    return this.names()
      .filter(isWanted)
      .flatMap((name) => this.lookAt(name) ?? []);
  }

  /** The same of one file that `names` gave. */
  lookAt(name: string): ListedRecord | undefined {
    const path = `${this.directory}/${name}`;
    const text = tried(`cannot read ${path}`, () => lookInto(path));
    const record = text === undefined ? undefined : decodeRecord(text);
    return record && { ...record, isStale: this.#isStale(record) };
  }

  /**
   * For GC: undoes what stale records of the network speak of, and removes those of another boot,
   * whose attachment may be a valid one again.
   */
  async collect(
    network: string,
    isStale: (mark: string) => boolean,
    undo: (attachment: Attachment) => Promise<void>,
  ): Promise<void> {
    for (const record of this.list(network)) {
      if (isStale(ownerComment(record))) {
        await undo(record);
      } else if (record.isStale) {
        this.remove(record);
      }
    }
  }

  /** A boot that was or is unknown counts as this one: what outlives boots is the exception. */
  #isStale({ bootId }: OwnerRecord): boolean {
    return bootId !== this.#bootId && bootId !== "" && this.#bootId !== "";
  }

  #path(attachment: Attachment): string {
    return `${this.directory}/${recordName(attachment)}`;
  }

  #refuseToLook(): void {
    if (this.#looksOnly) throw new Error(`a plan changes nothing in ${this.directory}`);
  }

  #names(): string[] {
    return tried(`cannot list ${this.directory}`, () => {
      try {
        return readdirSync(this.directory);
      } catch (error) {
        if (isAbsent(error)) return [];
        throw error;
      }
    });
  }

  #load(path: string): OwnerRecord | undefined {
    const text = tried(`cannot read ${path}`, () => {
      return this.#looksOnly ? lookInto(path) : readOrClear(path);
    });
    if (text === undefined) return undefined;
    const record = decodeRecord(text);
    if (record === undefined && !this.#looksOnly) renameSync(path, `${path}${TORN}`);
    return record;
  }
}

/** The directory of owner records that a plugin's environment asks for. */
export function stateDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const directory = env[STATE_DIR_VARIABLE];
  return directory === undefined || directory === "" ? DEFAULT_STATE_DIR : directory;
}

// The same for as long as any process lives.
let bootId: string | undefined;

/** Identifies the running boot of the kernel; "" where the kernel does not tell. */
export function readBootId(): string {
  try {
    bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return bootId;
  } catch {
    return "";
  }
}

/** The text of a record; what is no file of ours counts as none, and stays. */
function lookInto(path: string): string | undefined {
  try {
    return readOwn(path);
  } catch (error) {
    if (error instanceof ForeignFile || isAbsent(error)) return undefined;
    throw error;
  }
}

/** A hash may collide, and a file may have been copied: the content decides. */
function isOf(record: OwnerRecord, attachment: Attachment): boolean {
  return (
    record.network === attachment.network &&
    record.containerId === attachment.containerId &&
    record.ifName === attachment.ifName
  );
}

function removeIfOld(path: string): void {
  const written = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
  // A time that is far from now, before or after it, is no writer's of now.
  if (written === undefined || Math.abs(Date.now() - written) < ASIDE_LIFETIME_MS) return;
  discard(path);
}

/** Removes a file that is read no more; when that fails, it stays. */
function discard(path: string): void {
  try {
    unlinkIfThere(path);
  } catch {
    // The next write to this directory reports the fault.
  }
}

function tried<T>(what: string, work: () => T): T {
  return orFailure(what, `${STATE_DIR_VARIABLE} can name another directory`, work);
}
