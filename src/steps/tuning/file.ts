import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type Attachment, CniError, ErrorCode } from "../../spec/index.ts";

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
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw failure(`cannot list ${dataDir}`, error);
  }
}

/** The file's text; undefined when it is not there. */
export function readBackup(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw failure(`cannot read ${path}`, error);
  }
}

/** Writes the file whole or not at all: under another name first, then renamed. */
export function writeBackup(path: string, text: string): void {
  const aside = asideOf(path);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    unlinkIfThere(aside);
    writeFileSync(aside, text, { mode: 0o600, flag: "wx" });
    renameSync(aside, path);
  } catch (error) {
    unlinkIfThere(aside);
    throw failure(`cannot write ${path}`, error);
  }
}

/** Removes the file, also one half written by a plugin that was killed; fine when it is gone. */
export function removeBackup(path: string): void {
  unlinkIfThere(path);
  unlinkIfThere(asideOf(path));
}

/** One name for all times: nobody else works on this attachment. */
function asideOf(path: string): string {
  return `${path}.aside`;
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw failure(`cannot remove ${path}`, error);
  }
}

function failure(what: string, cause: unknown): CniError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CniError(ErrorCode.IO_FAILURE, `${what}: ${reason}`, {
    details: '"dataDir" can name another directory',
    cause,
  });
}

function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
