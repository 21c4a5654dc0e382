import { KernelError } from "../sys/index.ts";
import type { Acknowledgement } from "./acknowledgement.ts";

/** The error that a refusing acknowledgement stands for. */
export function refusal(operation: string, acknowledgement: Acknowledgement): KernelError {
  const { errno, extack, offset } = acknowledgement;
  return new KernelError(operation, errno, { extack, offset });
}

/** One refused message of a batch. */
export interface BatchFailure {
  /** Place of the message in the list that was given to `batch`. */
  readonly index: number;
  readonly error: KernelError;
}

/**
 * A batch of which the kernel refused some messages. It carries the first refusal.
 * Messages after the refused one were carried out all the same: rtnetlink does not stop.
 *
 * @example
 * ```ts
 * import { address, BatchError, link, RouteSocket } from "hawser/netlink";
 * import { Prefix } from "hawser/addr";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * const prefix = Prefix.parse("10.1.0.2/24");
 * const requests = [address.newMessage({ index: 999, prefix }), link.setMessage(1, { up: true })];
 * let failed: unknown;
 * try {
 *   socket.batch(requests, ["add 10.1.0.2", "set lo up"]);
 * } catch (error) {
 *   failed = error;
 * }
 * failed instanceof BatchError && failed.operation; // → "add 10.1.0.2"
 * link.get(socket, 1)?.up; // → true
 * ```
 */
export class BatchError extends KernelError {
  override readonly name: string = "BatchError";
  /** Place of the first refused message. */
  readonly index: number;
  /** All refused messages in order. */
  readonly failures: readonly BatchFailure[];

  constructor(failures: readonly [BatchFailure, ...BatchFailure[]]) {
    const [first] = failures;
    const { operation, errno, extack, offset } = first.error;
    super(operation, errno, { extack, offset, cause: first.error });
    this.index = first.index;
    this.failures = failures;
  }
}
