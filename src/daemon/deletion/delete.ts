import { errorText } from "../../base/index.ts";
import { BatchError } from "../../kernel/netlink/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { link, RouteSocket } from "../../kernel/route/index.ts";
import { Errno, isKernelError, pinThreadNetns } from "../../kernel/sys/index.ts";

/** The kernel keeps no list of link groups. A random one of these two billion is taken to be free. */
const GROUP_BIT = 0x4000_0000;

/** A task of the deletion thread. */
export interface DeletionTask {
  readonly role: "deletion";
  readonly id: number;
  readonly indexes: readonly number[];
  /** Where the links are, when not in the daemon's own namespace. */
  readonly netnsPath?: string | undefined;
}

/** A link that could not be deleted. */
export interface Undeleted {
  readonly index: number;
  readonly reason: string;
}

/** The answer of the deletion thread to the task of the same `id`. */
export interface DeletionAnswer {
  readonly id: number;
  readonly left: readonly Undeleted[];
  /** The task failed as a whole. */
  readonly error?: string;
}

/** Does a task in the deletion thread. */
export function runDeletion({ id, indexes, netnsPath }: DeletionTask): DeletionAnswer {
  try {
    pinThreadNetns();
    return { id, left: deleteLinks(indexes, netnsPath) };
  } catch (error) {
    return { id, left: [], error: errorText(error) };
  }
}

/**
 * Deletes links of the thread's namespace, or of the one at a path. Several links form a group that
 * one request deletes, in about the time of one link. Links that are gone already are fine; gives
 * the links that could not be deleted.
 */
export function deleteLinks(indexes: readonly number[], netnsPath?: string): Undeleted[] {
  using netns = netnsPath === undefined ? undefined : Netns.open(netnsPath);
  using socket = RouteSocket.open(netns);
  const several = indexes.length > 1 && deleteTogether(socket, indexes);
  return several ? [] : deleteEach(socket, indexes);
}

/** False when the group could not be deleted, so that each link has to be deleted by itself. */
function deleteTogether(socket: RouteSocket, indexes: readonly number[]): boolean {
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1));
  const group = GROUP_BIT | (drawn >>> 2);
  try {
    socket.batch(indexes.map((index) => link.setMessage(index, { group })));
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    // Links that have gone are in no group, and all others are in the new one.
    if (error.failures.some((failure) => failure.error.errno !== Errno.ENODEV)) return false;
  }
  try {
    link.deleteGroup(socket, group);
    return true;
  } catch (error) {
    return isKernelError(error, Errno.ENODEV);
  }
}

function deleteEach(socket: RouteSocket, indexes: readonly number[]): Undeleted[] {
  const left: Undeleted[] = [];
  for (const index of indexes) {
    try {
      link.delete(socket, index);
    } catch (error) {
      if (isKernelError(error, Errno.ENODEV)) continue;
      left.push({ index, reason: errorText(error) });
    }
  }
  return left;
}
