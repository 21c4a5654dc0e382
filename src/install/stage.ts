import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { errnoName } from "../base/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";
import { eachChunk, look } from "./content.ts";
import { attempt } from "./errors.ts";
import { SCRATCH_PREFIX, scratchPath } from "./names.ts";

/** Errors of link(2) where a file system, or the owner of the file, does not allow a second name. */
const NO_LINKS = ["EPERM", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"];
const PRIVATE = 0o600;

/**
 * Files that are written whole, and made to last, before any of them takes its place: a disk that is
 * full or read-only shows itself while nothing has changed yet. What was not put is removed.
 */
export class Stage implements Disposable {
  readonly #unfinished = new Set<string>();

  /** A copy of a file. Its digest must be the one that was judged: builds write such files anew. */
  copy(from: string, place: string, sha256: string, mode: number): string {
    return this.#write(place, mode, (fd) => {
      const hash = createHash("sha256");
      eachChunk(from, (bytes) => {
        hash.update(bytes);
        writeAll(fd, bytes);
      });
      if (hash.digest("hex") !== sha256) {
        throw new CniError(ErrorCode.TRY_AGAIN_LATER, `${from} was changed while it was read`);
      }
    });
  }

  /** A file of bytes. */
  bytes(bytes: Uint8Array, place: string, mode: number): string {
    return this.#write(place, mode, (fd) => writeAll(fd, bytes));
  }

  /** A symbolic link. */
  link(target: string, place: string): string {
    const path = this.#scratch(place);
    attempt(`write ${place}`, () => symlinkSync(target, path));
    return path;
  }

  /** A second name of a file, or a copy where there can be none. */
  keep(from: string, place: string): string {
    const path = this.#scratch(place);
    attempt(`put ${from} aside`, () => {
      try {
        linkSync(from, path);
      } catch (error) {
        if (!NO_LINKS.includes(errnoName(error))) throw error;
        copyOf(from, path);
      }
    });
    return path;
  }

  /** Gives a finished file its place, over what stands there. */
  put(scratch: string, place: string): void {
    attempt(`put ${place}`, () => {
      renameSync(scratch, place);
      // Of two names of one file rename(2) leaves both.
      rmSync(scratch, { force: true });
    });
    this.#unfinished.delete(scratch);
  }

  [Symbol.dispose](): void {
    for (const path of this.#unfinished) removeIfPossible(path);
    this.#unfinished.clear();
  }

  #scratch(place: string): string {
    const path = scratchPath(dirname(place));
    this.#unfinished.add(path);
    return path;
  }

  #write(place: string, mode: number, fill: (fd: number) => void): string {
    const path = this.#scratch(place);
    attempt(`write ${place}`, () => {
      const fd = openSync(path, "wx", PRIVATE);
      try {
        fill(fd);
        fchmodSync(fd, mode);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    });
    return path;
  }
}

/** Makes a directory, and those above it, if it is not there. */
export function makeDirectory(dir: string): void {
  attempt(`make ${dir}`, () => mkdirSync(dir, { recursive: true, mode: 0o755 }));
}

/** Makes the names in a directory last through a loss of power. */
export function syncDirectory(dir: string): void {
  attempt(`sync ${dir}`, () => {
    const fd = openSync(dir, "r");
    try {
      fsyncSync(fd);
    } catch (error) {
      // Some file systems have no such thing, and lose nothing by it.
      if (errnoName(error) !== "EINVAL") throw error;
    } finally {
      closeSync(fd);
    }
  });
}

/** The unfinished files that a killed installation has left; the directory must be locked. */
export function leftovers(dir: string): string[] {
  return attempt(`read ${dir}`, () => {
    const names = readdirSync(dir).filter((name) => name.startsWith(SCRATCH_PREFIX));
    return names.map((name) => join(dir, name));
  });
}

function copyOf(from: string, to: string): void {
  if (look(from).kind === "link") {
    symlinkSync(readlinkSync(from), to);
    return;
  }
  copyFileSync(from, to);
  chmodSync(to, statSync(from).mode);
  const fd = openSync(to, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** What stopped the installation is the error to tell, not that the disk is read-only here as well. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The next installation removes it.
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}
