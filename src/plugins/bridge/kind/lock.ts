import { flock, LOCK_UN } from "../../../kernel/sys/index.ts";
import { takeFlock } from "../../../state/files/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/**
 * Keeps others from removing an unused bridge while a port of it is made: flock(2) on the host's
 * namespace itself, so that no file is left behind.
 */
export async function lockBridges(
  namespaces: Namespaces,
  signal?: AbortSignal,
): Promise<Disposable> {
  const { fd, path } = namespaces.hostNetns;
  const details = "another plugin is making or removing a bridge";
  await takeFlock(fd, { path, details }, signal);
  return { [Symbol.dispose]: () => void flock(fd, LOCK_UN) };
}
