import { statSync } from "node:fs";
import { setModified, statfsMagic } from "../../../kernel/sys/index.ts";

/** The state of a directory: adding, removing or renaming a file in it brings about another. */
export interface DirectoryState {
  /** Device and inode number. */
  directory: string;
  /** Its time of change, in nanoseconds. */
  stamp: string;
}

// linux/magic.h: file systems of this machine alone, whose directories tell each change at once.
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
]);

const SECOND_MS = 1000;
const SECOND_NS = 1_000_000_000;

/** How the directory is now; undefined where that does not tell whether it has changed. */
export function stateOf(path: string): DirectoryState | undefined {
  try {
    const { dev, ino, mtimeNs } = statSync(path, { bigint: true });
    return { directory: `${dev}:${ino}`, stamp: mtimeNs.toString() };
  } catch {
    return undefined;
  }
}

/** Whether stamps on this directory are kept, and seen by every process that changes it. */
export function canBeStamped(path: string): boolean {
  return LOCAL.has(statfsMagic(path));
}

/**
 * A time for `putStamp` that the directory never had and, as it is past, never gets from the
 * kernel: a second or two ago, with a fraction by chance that is never 0. On a file system that
 * keeps whole seconds it is therefore never found again.
 */
export function freshStamp(nowMs: number): string {
  const seconds = BigInt(Math.floor(nowMs / SECOND_MS) - 2);
  const fraction = 1 + Math.floor(Math.random() * (SECOND_NS - 1));
  return (seconds * BigInt(SECOND_NS) + BigInt(fraction)).toString();
}

/**
 * Makes the stamp the directory's time of change.
 * @throws KernelError
 */
export function putStamp(path: string, stamp: string): void {
  setModified(path, BigInt(stamp));
}
