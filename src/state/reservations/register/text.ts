import { hexDigest } from "../../digest.ts";
import type { Holder } from "../holder.ts";
import { TimeSlicer } from "../time-slicer.ts";

// The register's text: a line that says which state of which directory it is about, then a hash
// table with one reservation in each line, all lines equally long, so that one is found by number:
//
//   hawser-register-1 boot=… directory=<dev>:<inode> stamp=… slots=256 used=2 plain=1
//   4e07408562bedb8b 10.1.0.2

/** Bytes of the first line. */
export const HEADER_SIZE = 256;
/** Bytes of each other line. */
export const LINE_SIZE = 64;
/** A line that never held anything: a search ends at it. */
export const FREE: string = `${" ".repeat(LINE_SIZE - 1)}\n`;
/** A line whose reservation is gone: a search goes on behind it. */
export const GONE: string = encodeLine("-".repeat(16), "-");

/** Which reservations a register tells of, and how. */
export interface Header {
  /** The boot that wrote it: what is written last before a power failure may be lost in part. */
  boot: string;
  /** Device and inode number of the network's directory. */
  directory: string;
  /** The directory's time of change, in nanoseconds, after our last change. */
  stamp: string;
  /** Lines of the table: a power of two. */
  slots: number;
  /** Lines of the table that are not free. */
  used: number;
  /** Every reservation of it names an attachment in full. */
  plain: boolean;
}

const HEADER =
  /^hawser-register-1 boot=([\da-f-]{36}) directory=(\d+:\d+) stamp=(\d+) slots=(\d+) used=(\d+) plain=([01]) *\n$/;
const LEAST_SLOTS = 256;
// More than that are looked for by reading the directory.
const MOST_ENTRIES = 500_000;
// Vacant ones have the same key, and are tried one after the other.
const MOST_VACANT = 64;
const LONGEST_NAME = LINE_SIZE - 18;

export function encodeHeader(header: Header): string {
  const { boot, directory, stamp, slots, used, plain } = header;
  const text =
    `hawser-register-1 boot=${boot} directory=${directory} stamp=${stamp} slots=${slots} ` +
    `used=${used} plain=${plain ? 1 : 0}`;
  return `${text.padEnd(HEADER_SIZE - 1)}\n`;
}

/** Undefined when the text is none. */
export function decodeHeader(text: string): Header | undefined {
  const [, boot, directory, stamp, slots, used, plain] = HEADER.exec(text) ?? [];
  if (boot === undefined || directory === undefined || stamp === undefined) return undefined;
  const header = { boot, directory, stamp, slots: Number(slots), used: Number(used) };
  return isTableSize(header.slots) && isRoomy(header)
    ? { ...header, plain: plain === "1" }
    : undefined;
}

/** Whether the table has lines enough for its searches to be short, and to end. */
export function isRoomy({ slots, used }: Pick<Header, "slots" | "used">): boolean {
  return used * 4 <= slots * 3;
}

/** Under which key a reservation of this holder stands. */
export function keyOf(holder: Holder): string {
  return hexDigest("sha256", JSON.stringify(wordsOf(holder))).slice(0, 16);
}

/** The line where the search for a key begins. */
export function slotOf(key: string, slots: number): number {
  return Number.parseInt(key.slice(0, 8), 16) & (slots - 1);
}

export function encodeLine(key: string, name: string): string {
  return `${`${key} ${name}`.padEnd(LINE_SIZE - 1)}\n`;
}

export function decodeLine(line: string): { key: string; name: string } {
  return { key: line.slice(0, 16), name: line.slice(17).trimEnd() };
}

/** A whole table: its lines, and what the header says of it. */
export interface Table extends Pick<Header, "slots" | "used" | "plain"> {
  lines: Buffer;
}

/** The table of these reservations; undefined when they are too many or too strange for one. */
export async function tableOf(
  entries: readonly (readonly [name: string, Holder])[],
): Promise<Table | undefined> {
  const odd = entries.filter(([, { kind }]) => kind !== "attachment");
  const vacant = odd.filter(([, { kind }]) => kind !== "container");
  const hasLong = entries.some(([name]) => name.length > LONGEST_NAME);
  if (entries.length > MOST_ENTRIES || vacant.length > MOST_VACANT || hasLong) return undefined;
  let slots = LEAST_SLOTS;
  while (slots < entries.length * 2) slots *= 2;
  const lines = Buffer.alloc(slots * LINE_SIZE, FREE);
  const slicer = new TimeSlicer();
  for (const [name, holder] of entries) {
    await slicer.next();
    const key = keyOf(holder);
    let at = slotOf(key, slots);
    while (lines[at * LINE_SIZE] !== FREE.charCodeAt(0)) at = (at + 1) & (slots - 1);
    lines.write(encodeLine(key, name), at * LINE_SIZE, "latin1");
  }
  return { lines, slots, used: entries.length, plain: odd.length === 0 };
}

function wordsOf(holder: Holder): string[] {
  switch (holder.kind) {
    case "attachment":
      return [holder.containerId, holder.ifName];
    case "container":
      return [holder.containerId];
    case "vacant":
    case "unknown":
      return [];
  }
}

function isTableSize(slots: number): boolean {
  return slots >= LEAST_SLOTS && slots <= MOST_ENTRIES * 4 && Number.isInteger(Math.log2(slots));
}
