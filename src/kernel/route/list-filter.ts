import type { ListLimit } from "../netlink/index.ts";

/** What every list can be narrowed by, after the kernel has done so. */
export interface ListFilter<T> {
  /** Keeps those only for which it gives true; asked last, while the list is read. */
  readonly where?: ((object: T) => boolean) | undefined;
  /** `LIST_LIMIT` when absent. A longer list is a ListLimitError. */
  readonly limit?: ListLimit | undefined;
}
