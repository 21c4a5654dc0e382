import { Errno, KernelError, type KernelErrorDetails } from "../sys/index.ts";

/**
 * A transaction that the kernel refused: nothing of it was done.
 *
 * @example
 * ```ts
 * import { Nftables } from "hawser/nftables";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using nftables = Nftables.open(blue);
 * const add = (): void =>
 *   nftables.commit((batch) => {
 *     batch.addTable({ family: "inet", name: "web" });
 *     batch.delChain({ family: "inet", table: "web", name: "none" });
 *   });
 * add(); // throws NftablesError ENOENT: delete chain inet web none: no such file or directory
 * nftables.getTable("inet", "web"); // → undefined
 * ```
 */
export class NftablesError extends KernelError {
  override readonly name: string = "NftablesError";
  /** Place of the refused command in the transaction; -1 when it was refused as a whole. */
  readonly index: number;
  /**
   * Place of the refused element in the list that was given to `addElements` or `delElements`,
   * where the kernel says so.
   */
  declare readonly element?: number;

  constructor(
    operation: string,
    errno: number,
    place: { readonly index: number; readonly element?: number | undefined },
    details: KernelErrorDetails,
  ) {
    super(operation, errno, details);
    this.index = place.index;
    if (place.element !== undefined) this.element = place.element;
  }

  /** The ruleset is no longer the one that the transaction was planned for. */
  get generationChanged(): boolean {
    return this.errno === Errno.ERESTART && this.index === -1;
  }
}
