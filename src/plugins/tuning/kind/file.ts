import { type Dirent, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Attachment } from "../../../spec/index.ts";
import {
  isAbsent,
  orFailure,
  readIfThere,
  unlinkIfThere,
  writeAside,
} from "../../../state/files/index.ts";

/** Where the reference plugin keeps the attributes of an attachment's interface. */
export function backupPath(dataDir: string, owner: Attachment): string {
  return join(dataDir, `${owner.containerId}_${owner.ifName}.json`);
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

/** The file's text; undefined when it is not there. */
export function readBackup(path: string): string | undefined {
  return tried(`cannot read ${path}`, () => readIfThere(path));
}

/** Writes the file whole or not at all: under another name first, then renamed. */
export function writeBackup(path: string, text: string): void {
  const aside = asideOf(path);
  try {
    tried(`cannot write ${path}`, () => {
      writeAside(aside, text);
      renameSync(aside, path);
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
