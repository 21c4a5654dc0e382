import { mkdirSync, statSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";
import {
  CLONE_NEWNET,
  Errno,
  isKernelError,
  MNT_DETACH,
  MS_BIND,
  mount,
  NSFS_MAGIC,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  open,
  statfsMagic,
  umount,
  unshare,
} from "../sys/index.ts";
import { NotANetnsError } from "./error.ts";
import { openNetns, threadNetnsPath } from "./open.ts";
import { visit } from "./visit.ts";

/**
 * Makes a network namespace that lives under `path`, as `ip netns add` does: a file with the
 * namespace mounted on it. Missing directories are made.
 * @throws KernelError: EEXIST when the path exists, EPERM without CAP_SYS_ADMIN
 *
 * @example
 * ```ts
 * import { createNetns, deleteNetns, Netns } from "hawser/netns";
 *
 * createNetns("/run/netns/blue-2");
 * Netns.open("/run/netns/blue-2").close(); // → undefined
 * deleteNetns("/run/netns/blue-2");
 * Netns.open("/run/netns/blue-2"); // throws NetnsGoneError: failed to Statfs
 * ```
 */
export function createNetns(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  open(path, O_RDONLY | O_CREAT | O_EXCL, 0o444).close();
  try {
    visit(
      () => unshare(CLONE_NEWNET),
      () => mount(threadNetnsPath, path, "none", MS_BIND),
    );
  } catch (error) {
    unlinkSync(path);
    throw error;
  }
}

/**
 * Takes away what `createNetns` or `ip netns add` made: the mount and the file. Processes inside
 * keep their namespace. The empty file that a restart of the machine leaves behind goes too;
 * anything else is refused by NotANetnsError. A path that does not exist is fine.
 *
 * @example
 * ```ts
 * import { deleteNetns } from "hawser/netns";
 *
 * deleteNetns("/run/netns/none"); // → undefined
 * deleteNetns("/etc/hosts"); // throws NotANetnsError: unknown FS magic on "/etc/hosts"
 * ```
 */
export function deleteNetns(path: string): void {
  let magic: number;
  try {
    magic = statfsMagic(path);
  } catch (error) {
    if (isKernelError(error, Errno.ENOENT)) return;
    throw error;
  }
  if (magic === NSFS_MAGIC) {
    openNetns(path).close();
    umount(path, MNT_DETACH);
  } else if (!isEmptyFile(path)) {
    throw NotANetnsError.ofMagic(path, magic);
  }
  unlinkSync(path);
}

function isEmptyFile(path: string): boolean {
  const status = statSync(path);
  return status.isFile() && status.size === 0;
}
