import { flock, LOCK_EX, LOCK_NB, O_RDONLY, open } from "../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../spec/index.ts";
import { attempt } from "./errors.ts";

/**
 * Locks the directories that are about to change, by flock(2) on each: the kernel takes the lock
 * back from a process that dies. Two at once would take each other's unfinished files for leftovers.
 * @throws CniError of code 11 when another installation is at work
 */
export function lockDirectories(dirs: readonly string[]): Disposable {
  const stack = new DisposableStack();
  try {
    // One order for all, so that two of them cannot each hold what the other wants.
    for (const dir of [...new Set(dirs)].sort()) {
      const fd = stack.use(attempt(`open ${dir}`, () => open(dir, O_RDONLY)));
      if (!flock(fd, LOCK_EX | LOCK_NB)) {
        throw new CniError(
          ErrorCode.TRY_AGAIN_LATER,
          `another installation is at work in ${dir}, nothing was done`,
        );
      }
    }
    return stack.move();
  } finally {
    stack.dispose();
  }
}
