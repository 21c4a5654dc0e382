/**
 * What may be read and kept of one list. A list may be that of a namespace whose owner fills it on
 * purpose, so a list ends somewhere unless it is said to have no limit.
 */
export interface ListLimit {
  /** Objects that are wanted. Those that a filter leaves out are not kept, and do not count. */
  readonly kept: number;
  /** Bytes of the kernel's answer. */
  readonly bytes: number;
}

/** Of lists that name no other: some hundred megabytes of memory, and some seconds. */
export const LIST_LIMIT: ListLimit = { kept: 65_536, bytes: 256 * 1024 * 1024 };

/** Of lists of the machine's own, which are as long as they are. */
export const UNLIMITED: ListLimit = {
  kept: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
};

/**
 * Bytes of a list in a namespace that a pinned thread visits. Such a thread serves others as well, and
 * the kernel's answer is read in one go: so many bytes are some four thousand routes and ten ms.
 */
export const VISITED_LIST_BYTES: number = 256 * 1024;

/**
 * A list is longer than what a thread that serves others reads of it. Not a ListLimitError, which says
 * that no process reads so much: another one may.
 */
export class LongListError extends Error {
  override readonly name: string = "LongListError";

  constructor(operation: string) {
    super(
      `${operation}: the list is longer than ${VISITED_LIST_BYTES} bytes, read by another process`,
    );
  }
}

/**
 * A list is longer than what is kept of it. Nothing of it is given.
 *
 * @example
 * ```ts
 * import { link, RouteSocket } from "hawser/netlink";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using socket = RouteSocket.open(blue);
 * link.list(socket, { limit: { kept: 0, bytes: 65_536 } }); // throws ListLimitError: list links
 * ```
 */
export class ListLimitError extends Error {
  override readonly name: string = "ListLimitError";
  /** Which bound was exceeded, and its value. */
  readonly bound: keyof ListLimit;
  readonly limit: number;

  constructor(operation: string, bound: keyof ListLimit, limit: number) {
    const what = bound === "kept" ? "objects" : "bytes";
    super(`${operation}: the list has more than ${limit} ${what}`);
    this.bound = bound;
    this.limit = limit;
  }
}
