import { constants, linkSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import { errnoName } from "../../base/index.ts";
import { unlinkIfThere, writeAndClose, writeAside } from "../files/index.ts";
import { orIoFailure } from "./failure.ts";

// Starts with a dot, which no network name can.
const ASIDE_DIRECTORY = ".tmp";
const FILE_MODE = 0o600;
const EXCLUSIVE = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;

/**
 * Creates the file of a reservation with its content, all at once: it is written aside, on the
 * same file system but outside the directories of reservations, and then linked to its name. So a
 * crash at any point leaves either no reservation or a whole one. The caller holds the
 * directory's lock, which makes one name aside enough for each network.
 * @returns false when the name exists
 * @throws CniError of code 5
 */
export function createReservation(directory: string, name: string, content: string): boolean {
  const path = `${directory}/${name}`;
  const aside = asidePath(directory);
  return orIoFailure(`cannot create reservation ${path}`, () => {
    writeAside(aside, content);
    try {
      return link(aside, path, content);
    } finally {
      discard(aside);
    }
  });
}

/** Removes what a writer that was killed left aside. The caller holds the directory's lock. */
export function discardAside(directory: string): void {
  discard(asidePath(directory));
}

function asidePath(directory: string): string {
  return `${dirname(directory)}/${ASIDE_DIRECTORY}/${basename(directory)}`;
}

function link(aside: string, path: string, content: string): boolean {
  try {
    linkSync(aside, path);
    return true;
  } catch (error) {
    switch (errnoName(error)) {
      case "EEXIST":
        return false;
      // The network's directory is a mount of its own, or the file system has no links.
      case "EXDEV":
      case "EPERM":
      case "ENOTSUP":
      case "EMLINK":
        return createInPlace(path, content);
      default:
        throw error;
    }
  }
}

/** As the Go plugins do it: for an instant the reservation is empty. */
function createInPlace(path: string, content: string): boolean {
  let fd: number;
  try {
    fd = openSync(path, EXCLUSIVE, FILE_MODE);
  } catch (error) {
    if (errnoName(error) === "EEXIST") return false;
    throw error;
  }
  try {
    writeAndClose(fd, content);
  } catch (error) {
    unlinkIfThere(path);
    throw error;
  }
  return true;
}

/** What stays aside is of no harm: the next writer removes it. */
function discard(aside: string): void {
  try {
    unlinkIfThere(aside);
  } catch {
    // The next writer there reports it.
  }
}
