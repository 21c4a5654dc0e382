import { existsSync } from "node:fs";

/** What of the machine's file system cannot be seen in a world. */

/** Directories that plugins write to, where the machine has them. */
export const PRIVATE_DIRS: readonly string[] = [
  "/var/lib/cni",
  "/etc/cni",
  "/var/lib/containers",
  "/var/tmp",
];

/** The directory that hides a path, once its links are followed; `more` are the subject's own. */
export function hiddenBy(path: string, more: readonly string[] = []): string | undefined {
  const lib = existsSync("/var/lib/cni") ? [] : ["/var/lib"];
  const dirs = ["/run", "/sys", "/proc", ...lib, ...PRIVATE_DIRS, ...more];
  return dirs.find((dir) => path === dir || path.startsWith(`${dir.replace(/\/+$/u, "")}/`));
}
