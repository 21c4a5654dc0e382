import { statSync } from "node:fs";
import { isOwnPath } from "../../kernel/netns/index.ts";
import type { NetnsNote } from "../journal/index.ts";

/** Whether the path still leads to the namespace that it led to. Looks at nothing else. */
export function isThere({ path, dev, ino }: NetnsNote): boolean {
  if (!path.startsWith("/") || isOwnPath(path)) return false;
  try {
    const status = statSync(path, { bigint: true, throwIfNoEntry: false });
    return status?.ino === ino && status.dev === dev;
  } catch (error) {
    // No process of that number, or a directory that is no more; but a shortage proves nothing.
    const code = (error as NodeJS.ErrnoException).code ?? "";
    return !["ENOENT", "ENOTDIR", "ESRCH"].includes(code);
  }
}
