import { Errno, isKernelError } from "../sys/index.ts";
import type { NetlinkMessage } from "./message.ts";
import type { NetlinkSocket } from "./socket.ts";

/** In a flood more messages come than are read meanwhile: then so many are enough. */
const ENOUGH = 10_000;

/** What a socket has heard. */
interface Drained {
  readonly messages: NetlinkMessage[];
  /** False where there was more than the socket could hold, or than is read at once. */
  readonly isWhole: boolean;
}

/** What waits in a socket that hears groups, in order; waits so long for a first message. */
export function drain(
  socket: Pick<NetlinkSocket, "receive">,
  timeoutMs: number,
  enough: number = ENOUGH,
): Drained {
  const messages: NetlinkMessage[] = [];
  let isWhole = true;
  while (messages.length < enough) {
    try {
      const more = socket.receive(messages.length === 0 ? timeoutMs : 0);
      if (more.length === 0) return { messages, isWhole };
      messages.push(...more);
    } catch (error) {
      if (!isKernelError(error, Errno.ENOBUFS)) throw error;
      isWhole = false; // what was kept is read then
    }
  }
  return { messages, isWhole: false };
}
