import {
  abort,
  CLONE_NEWNET,
  Errno,
  type Fd,
  isKernelError,
  pinnedNetns,
  setns,
} from "../sys/index.ts";
import { openThreadNetns } from "./open.ts";

/**
 * Takes the thread away from its network namespace by `leave`, does `action`, and brings it back,
 * also when `action` throws. Visits nest.
 *
 * Whether the thread may come back is tried before it leaves: it needs CAP_SYS_ADMIN in the user
 * namespace that owns its present network namespace. If coming back fails all the same, the
 * process ends: everything after it would work on the wrong network.
 *
 * A thread that the engine starts meanwhile, to compile or to collect, begins in the visited namespace
 * and keeps it alive until it has rested for ten seconds; it does nothing there.
 */
export function visit<T>(leave: () => void, action: () => T): T {
  const pinned = pinnedNetns();
  // A pinned thread has proved that it may return.
  if (pinned !== undefined) return pinned.whileAway(() => goAndBack(pinned.fd, leave, action));
  using home = openThreadNetns();
  tryReturn(home);
  return goAndBack(home, leave, action);
}

function tryReturn(home: Fd): void {
  try {
    setns(home, CLONE_NEWNET);
  } catch (error) {
    if (!isKernelError(error, Errno.EPERM)) throw error;
    throw error.during("visit a network namespace, for which CAP_SYS_ADMIN is needed");
  }
}

function goAndBack<T>(home: Fd, leave: () => void, action: () => T): T {
  leave();
  let result: T;
  try {
    result = action();
  } finally {
    comeBack(home);
  }
  if (isThenable(result)) {
    throw new TypeError("what runs in a network namespace must be synchronous: it gave a promise");
  }
  return result;
}

function comeBack(home: Fd): void {
  try {
    setns(home, CLONE_NEWNET);
  } catch (error) {
    abort(`cannot return to the previous network namespace: ${String(error)}`);
  }
}

function isThenable(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("then" in value)) return false;
  return typeof value.then === "function";
}
