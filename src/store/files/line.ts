/** Lines of the log: each is one change, with a checksum that tells a torn one. */
import { StoreError } from "../index.ts";

/** A change of one key, as a line has it. */
export type KeyChange =
  | { readonly put: string; readonly value: string; readonly lease?: string }
  | { readonly delete: string };

/** A lease as it stands: its end is counted from the start of the machine, and ends with it. */
export interface LeaseRecord {
  readonly id: string;
  readonly seconds: number;
  readonly boot: string;
  /** Milliseconds since that start. */
  readonly endsAt: number;
}

/** What one line says; exactly one of its three kinds. */
export type Line =
  | { readonly revision: number; readonly changes: readonly KeyChange[]; readonly ended?: string }
  | { readonly lease: LeaseRecord }
  /** A lease that had no keys. */
  | { readonly ended: string };

const CHECKSUM_LETTERS = 8;

export function encodeLine(line: Line): string {
  const text = JSON.stringify(line);
  return `${checksum(text)} ${text}\n`;
}

/** Undefined for what is no whole line. */
export function decodeLine(text: string): Line | undefined {
  const body = text.slice(CHECKSUM_LETTERS + 1);
  if (text.slice(0, CHECKSUM_LETTERS + 1) !== `${checksum(body)} `) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return isLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The end of a file that is not what was written, with what to do. */
export function damaged(path: string, what: string): StoreError {
  return new StoreError(
    "wrong answer",
    `${path} is damaged: ${what}. Put the directory back from a backup, or remove it and set the network up anew`,
  );
}

function checksum(text: string): string {
  return Bun.hash.crc32(text).toString(16).padStart(CHECKSUM_LETTERS, "0");
}

function isLine(value: unknown): value is Line {
  if (!isObject(value)) return false;
  const { revision, changes, ended, lease } = value;
  if (lease !== undefined) return isLease(lease);
  if (ended !== undefined && typeof ended !== "string") return false;
  if (revision === undefined) return ended !== undefined;
  return isCount(revision) && Array.isArray(changes) && changes.every(isKeyChange);
}

export function isLease(value: unknown): value is LeaseRecord {
  return (
    isObject(value) &&
    typeof value["id"] === "string" &&
    typeof value["boot"] === "string" &&
    isCount(value["seconds"]) &&
    isCount(value["endsAt"])
  );
}

export function isKeyChange(value: unknown): value is KeyChange {
  if (!isObject(value)) return false;
  const { put, value: text, lease } = value;
  if (put === undefined) return typeof value["delete"] === "string";
  const isLeased = lease === undefined || typeof lease === "string";
  return typeof put === "string" && typeof text === "string" && isLeased;
}

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
