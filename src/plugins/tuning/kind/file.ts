import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Attachment } from "../../../spec/index.ts";
import {
  ForeignFile,
  isAbsent,
  moveIntoPlace,
  orFailure,
  readIfThere,
  readOrClear,
  unlinkIfThere,
  writeAside,
} from "../../../state/files/index.ts";
import { hexDigest } from "../../../state/index.ts";

/** The longest file name most file systems take, in bytes, less the ending of the name aside. */
const LONGEST_NAME = 255 - ".aside".length;
const READABLE = 150;
const HASH_LENGTH = 32;

/**
 * Where the attributes of an attachment's interface are kept: where the reference plugin keeps them,
 * unless that name is too long for a file or can be another attachment's as well ("a_b", "c" and
 * "a", "b_c"). No name of the reference plugin ends like one with a hash.
 */
export function backupPath(dataDir: string, owner: Attachment): string {
  const { containerId, ifName } = owner;
  const path = referencePath(dataDir, owner);
  if (path !== undefined && !ifName.includes("_")) return path;
  const hash = hexDigest("sha256", `${containerId}\0${ifName}`).slice(0, HASH_LENGTH);
  return join(dataDir, `${containerId.slice(0, READABLE)}~${hash}.json`);
}

/** Where the reference plugin keeps them; undefined when no file can have that name. */
export function referencePath(dataDir: string, owner: Attachment): string | undefined {
  const name = `${owner.containerId}_${owner.ifName}.json`;
  return Buffer.byteLength(name) <= LONGEST_NAME ? join(dataDir, name) : undefined;
}

/** The backups of a directory, also those half written; none when it is not there. */
export function listBackups(dataDir: string): string[] {
  const isBackup = (name: string): boolean =>
    name.endsWith(".json") || name.endsWith(asideOf(".json"));
  const entries = tried(`cannot list ${dataDir}`, () => entriesOf(dataDir));
  const files = entries.filter((entry) => entry.isFile() && isBackup(entry.name));
  return files.map(({ name }) => join(dataDir, name));
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** The file's text; undefined when it is not there. What is there and is no file is taken away. */
export function readBackup(path: string): string | undefined {
  return tried(`cannot read ${path}`, () => readOrClear(path));
}

/** The same for a plan, which takes nothing away. */
export function lookAtBackup(path: string): string | undefined {
  try {
    return tried(`cannot read ${path}`, () => readIfThere(path));
  } catch (error) {
    if (error instanceof ForeignFile) return undefined;
    throw error;
  }
}

/** Writes the file whole or not at all: under another name first, then renamed. */
export function writeBackup(path: string, text: string): void {
  const aside = asideOf(path);
  try {
    tried(`cannot write ${path}`, () => {
      writeAside(aside, text);
      moveIntoPlace(aside, path);
    });
  } catch (error) {
    remove(aside);
    throw error;
  }
}

/** Removes the file, also one half written by a plugin that was killed; fine when it is gone. */
export function removeBackup(path: string): void {
  remove(path);
  remove(asideOf(path));
}

/** One name for all times: no two calls work on one attachment. */
function asideOf(path: string): string {
  return `${path}.aside`;
}

function remove(path: string): void {
  tried(`cannot remove ${path}`, () => unlinkIfThere(path));
}

function tried<T>(what: string, work: () => T): T {
  return orFailure(what, '"dataDir" can name another directory', work);
}
