import { closeSync, constants, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { createAside, moveIntoPlace, unlinkIfThere, writeFully } from "./file.ts";

/**
 * Replaces a small file of our own, for its owner alone: after a power cut there is the old text or the
 * new one, and once this returns, the new one. The caller holds what keeps other writers out.
 * @throws SystemError of the call that failed; the old text stands then, or, when the last step failed,
 * the new one without a promise
 */
export function replaceDurably(path: string, text: string): void {
  const aside = `${path}.aside`;
  const fd = createAside(aside);
  try {
    try {
      writeFully(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    moveIntoPlace(aside, path);
  } catch (error) {
    unlinkIfThere(aside);
    throw error;
  }
  syncDirectory(dirname(path));
}

/** fsync(2) of a directory: the names in it are on the disk. */
function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
