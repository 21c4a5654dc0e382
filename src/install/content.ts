import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { errnoName } from "../base/index.ts";

/** What can be installed: a file of known bytes, or a link. */
export type Content = FileContent | LinkContent;

/** A regular file. */
export interface FileContent {
  readonly kind: "file";
  /** Hexadecimal. */
  readonly sha256: string;
  /** Permission bits. */
  readonly mode: number;
}

/** A symbolic link. */
export interface LinkContent {
  readonly kind: "link";
  readonly target: string;
}

/** What stands at a path; "other" is a directory, a device and their like. */
export type Found = Content | { readonly kind: "absent" } | { readonly kind: "other" };

const CHUNK_BYTES = 1024 * 1024;
const PERMISSIONS = 0o7777;

/** Looks at a path, links not followed. */
export function look(path: string): Found {
  try {
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return { kind: "link", target: readlinkSync(path) };
    if (!stat.isFile()) return { kind: "other" };
    return { kind: "file", sha256: digestOfFile(path), mode: stat.mode & PERMISSIONS };
  } catch (error) {
    if (errnoName(error) === "ENOENT") return { kind: "absent" };
    throw error;
  }
}

/** Whether both have the same bytes or lead to the same place; modes are not compared. */
export function isSame(one: Found, other: Found): boolean {
  if (one.kind === "file") return other.kind === "file" && one.sha256 === other.sha256;
  if (one.kind === "link") return other.kind === "link" && one.target === other.target;
  return false;
}

/** Whether both are the same, and may be used by the same people. */
export function isEqual(one: Found, other: Found): boolean {
  if (!isSame(one, other)) return false;
  return one.kind !== "file" || (other.kind === "file" && one.mode === other.mode);
}

/** The digest of a file, links followed. */
export function digestOfFile(path: string): string {
  const hash = createHash("sha256");
  eachChunk(path, (bytes) => hash.update(bytes));
  return hash.digest("hex");
}

/** The digest of bytes. */
export function digestOfBytes(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Reads a file piece by piece: an executable is a hundred megabytes. */
export function eachChunk(path: string, take: (bytes: Uint8Array) => void): void {
  const fd = openSync(path, "r");
  try {
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const count = readSync(fd, buffer, 0, buffer.length, null);
      if (count === 0) return;
      take(buffer.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}
