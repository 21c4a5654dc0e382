import { closeSync, existsSync, fstatSync, lstatSync, readSync } from "node:fs";
import type { Attachment } from "../spec/index.ts";
import { ForeignFile, moveIntoPlace, openOwn } from "../state/files/index.ts";
import { append } from "./append.ts";
import { isRecord, isTexts, objectOf } from "./json.ts";

/** Something that happened to an attachment. */
export interface HistoryEvent extends Attachment {
  /** ISO 8601, in UTC. */
  readonly time: string;
  readonly event: "attached" | "detached";
  /** CNI_NETNS as the caller gave it; "" where it is not known. */
  readonly netns: string;
  /** In CIDR notation. */
  readonly addresses: readonly string[];
  /** What did it: "daemon", or the name of the program that did it without one. */
  readonly by: string;
  /** The process that did it. */
  readonly pid: number;
}

/** How far a file has been read; the number tells it from one that took its place. */
interface FilePosition {
  readonly ino: number;
  readonly offset: number;
}

/** A file that has grown larger becomes the older one, in the place of the one before. */
const BYTES_MAX = 2 << 20;
/** More than a file of ours can have. */
const READ_MAX = 2 * BYTES_MAX;

/**
 * When which attachment had which addresses, for as long as two files of bounded size reach back.
 * Each process that attaches adds to it, a line at a time.
 */
export class History {
  readonly #path: string;
  readonly #older: string;
  readonly #by: string;
  readonly #now: () => Date;
  #read: FilePosition;

  /** `by`: the name that events bear which are added here. */
  constructor(stateDir: string, by: string, now: () => Date = () => new Date()) {
    this.#path = `${stateDir}/history.jsonl`;
    this.#older = `${this.#path}.1`;
    this.#by = by;
    this.#now = now;
    this.#read = endOf(this.#path);
  }

  /** @throws SystemError */
  add(event: Omit<HistoryEvent, "time" | "by" | "pid">): void {
    const line = { time: this.#now().toISOString(), ...event, by: this.#by, pid: process.pid };
    if (endOf(this.#path).offset > BYTES_MAX) moveIntoPlace(this.#path, this.#older);
    append(this.#path, `${JSON.stringify(line)}\n`);
  }

  /** What other processes have added since the last call, or since this object was made. */
  news(): HistoryEvent[] {
    const before = this.#read;
    const now = endOf(this.#path);
    if (now.ino === before.ino && now.offset === before.offset) return [];
    this.#read = now;
    const isSame = now.ino === before.ino && now.offset > before.offset;
    const rest = isSame ? "" : readFrom(this.#older, before);
    const text = rest + readFrom(this.#path, isSame ? before : { ino: now.ino, offset: 0 });
    return eventsOf(text).filter(({ pid }) => pid !== process.pid);
  }

  /** All that is known, the oldest first. */
  all(): HistoryEvent[] {
    return [this.#older, this.#path].flatMap((path) =>
      eventsOf(readFrom(path, { ...endOf(path), offset: 0 })),
    );
  }
}

/** A file that is not there, or cannot be looked at, has nothing to read. */
function endOf(path: string): FilePosition {
  try {
    const { ino, size } = lstatSync(path);
    return { ino, offset: size };
  } catch {
    return { ino: 0, offset: 0 };
  }
}

/** The text behind a place; "" when the file is another one, or is none of ours. */
function readFrom(path: string, { ino, offset }: FilePosition): string {
  const fd = existsSync(path) ? tryOpen(path) : undefined;
  if (fd === undefined) return "";
  try {
    const status = fstatSync(fd);
    if (status.ino !== ino) return "";
    const bytes = Buffer.alloc(Math.min(READ_MAX, Math.max(0, status.size - offset)));
    return bytes.toString("utf8", 0, readSync(fd, bytes, 0, bytes.length, offset));
  } finally {
    closeSync(fd);
  }
}

function tryOpen(path: string): number | undefined {
  try {
    return openOwn(path);
  } catch (error) {
    if (error instanceof ForeignFile) return undefined;
    throw error;
  }
}

/** Torn and unknown lines are left out. */
function eventsOf(text: string): HistoryEvent[] {
  const lines = text.matchAll(/[^\n]+/gu);
  return [...lines].flatMap(([line]) => {
    const json = line.startsWith('{"time":') ? objectOf(line) : undefined;
    return isEvent(json) ? [json] : [];
  });
}

function isEvent(json: unknown): json is HistoryEvent {
  if (!isRecord(json)) return false;
  const { event, addresses, pid } = json;
  const texts = ["time", "network", "containerId", "ifName", "netns", "by"];
  return (
    (event === "attached" || event === "detached") &&
    texts.every((name) => typeof json[name] === "string") &&
    typeof pid === "number" &&
    isTexts(addresses)
  );
}
