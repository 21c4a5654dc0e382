import { type Fd, O_CREAT, O_RDONLY, open } from "../../../kernel/sys/index.ts";
import { takeFlock } from "../../../state/files/index.ts";

const LOCK_FILE = "lock";
// The Go plugins' mode; the first process that locks creates the file.
const LOCK_MODE = 0o750;

/**
 * Takes flock(2) on the directory's `lock` file, which the Go plugins take too; closing the
 * descriptor releases it. An aborted signal ends the wait with code 11.
 * @throws KernelError when the file cannot be opened (ENOENT: there is no such directory)
 */
export async function takeLock(directory: string, signal?: AbortSignal): Promise<Fd> {
  const path = `${directory}/${LOCK_FILE}`;
  const fd = open(path, O_RDONLY | O_CREAT, LOCK_MODE);
  const details = "another process is allocating from this directory; see who holds it with fuser";
  try {
    await takeFlock(fd, { path, details }, signal);
    return fd;
  } catch (error) {
    fd.close();
    throw error;
  }
}
