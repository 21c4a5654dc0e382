import { errorText } from "../../base/index.ts";
import { BatchError } from "../../kernel/netlink/index.ts";
import { Netns } from "../../kernel/netns/index.ts";
import { link, RouteSocket } from "../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../kernel/sys/index.ts";

/** Groups are numbers that nobody registers: one that is drawn from these two billion is nobody's. */
const GROUP_BIT = 0x4000_0000;

/** A link that could not be deleted. */
export interface Undeleted {
  readonly index: number;
  readonly reason: string;
}

/**
 * Deletes links of the thread's namespace, or of the one at a path. Several go as one group in one
 * request, which takes the kernel about as long as one. Those that are gone already are fine; gives
 * those that are left.
 */
export function deleteLinks(indexes: readonly number[], netnsPath?: string): Undeleted[] {
  using netns = netnsPath === undefined ? undefined : Netns.open(netnsPath);
  using socket = RouteSocket.open(netns);
  const several = indexes.length > 1 && deleteTogether(socket, indexes);
  return several ? [] : deleteEach(socket, indexes);
}

/** False when it did not work out, and each has to be looked at. */
function deleteTogether(socket: RouteSocket, indexes: readonly number[]): boolean {
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1));
  const group = GROUP_BIT | (drawn >>> 2);
  try {
    socket.batch(indexes.map((index) => link.setMessage(index, { group })));
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    // Those that have gone are in no group, and the others are.
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
