import { Errno, KernelError, type KernelErrorDetails } from "../sys/index.ts";

/** A transaction that the kernel refused: nothing of it was done. */
export class NftablesError extends KernelError {
  override readonly name: string = "NftablesError";
  /** Place of the refused command in the transaction; -1 when it was refused as a whole. */
  readonly index: number;

  constructor(operation: string, errno: number, index: number, details: KernelErrorDetails) {
    super(operation, errno, details);
    this.index = index;
  }

  /** The ruleset is no longer the one that the transaction was planned for. */
  get generationChanged(): boolean {
    return this.errno === Errno.ERESTART && this.index === -1;
  }
}
