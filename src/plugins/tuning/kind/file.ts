import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { errorText } from "../../../base/index.ts";
import { type Attachment, CniError, ErrorCode } from "../../../spec/index.ts";
import { isAbsent, readIfThere, unlinkIfThere, writeAside } from "../../../state/files/index.ts";

/** Where the reference plugin keeps the attributes of an attachment's interface. */
export function backupPath(dataDir: string, owner: Attachment): string {
  return join(dataDir, `${owner.containerId}_${owner.ifName}.json`);
}

/** The backups of a directory, also those half written; none when it is not there. */
export function listBackups(dataDir: string): string[] {
  const isBackup = (name: string): boolean =>
    name.endsWith(".json") || name.endsWith(asideOf(".json"));
  try {
    const entries = readdirSync(dataDir, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && isBackup(entry.name));
    return files.map(({ name }) => join(dataDir, name));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw failure(`cannot list ${dataDir}`, error);
  }
}

/** The file's text; undefined when it is not there. */
export function readBackup(path: string): string | undefined {
  try {
    return readIfThere(path);
  } catch (error) {
    throw failure(`cannot read ${path}`, error);
  }
}

/** Writes the file whole or not at all: under another name first, then renamed. */
export function writeBackup(path: string, text: string): void {
  const aside = asideOf(path);
  try {
    writeAside(aside, text);
    renameSync(aside, path);
  } catch (error) {
    remove(aside);
    throw failure(`cannot write ${path}`, error);
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
  try {
    unlinkIfThere(path);
  } catch (error) {
    throw failure(`cannot remove ${path}`, error);
  }
}

function failure(what: string, cause: unknown): CniError {
  const reason = errorText(cause);
  return new CniError(ErrorCode.IO_FAILURE, `${what}: ${reason}`, {
    details: '"dataDir" can name another directory',
    cause,
  });
}
