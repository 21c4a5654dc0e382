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
