/**
 * What may be read and kept of one list. A list may be that of a namespace whose owner fills it on
 * purpose, so every list ends somewhere.
 */
export interface ListLimit {
  /** Objects that are wanted. Those that a filter leaves out are not kept, and do not count. */
  readonly kept: number;
  /** Bytes of the kernel's answer. */
  readonly bytes: number;
}

/** Of lists that name no other: some hundred megabytes of memory, and some seconds. */
export const LIST_LIMIT: ListLimit = { kept: 65_536, bytes: 256 * 1024 * 1024 };

/** A list is longer than what is kept of it. Nothing of it is given. */
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
