import { Errno, KernelError } from "../sys/index.ts";
import { decodeAcknowledgement } from "./acknowledgement.ts";
import { NLMSG_DONE, NLMSG_HDRLEN, NLMSG_NOOP, NLMSG_OVERRUN } from "./constant.ts";
import { refusal } from "./error.ts";
import {
  LIST_LIMIT,
  type ListLimit,
  ListLimitError,
  LongListError,
  VISITED_LIST_BYTES,
} from "./limit.ts";
import type { NetlinkMessage } from "./message.ts";

/** How a list is read. */
export interface CollectOptions {
  /** Words for errors. */
  readonly operation?: string | undefined;
  readonly limit?: ListLimit | undefined;
  /** The first object that is wanted is enough: what follows is not read. */
  readonly first?: boolean | undefined;
  /** What is kept has no view of a message's bytes, so that these need no memory of their own. */
  readonly keepsNoBytes?: boolean | undefined;
}

/** The same with what the socket itself knows. */
interface ReadingOptions extends CollectOptions {
  /** The list is that of a namespace which is visited, see VISITED_LIST_BYTES. */
  readonly isVisited: boolean;
}

/** One reading of a list: what is kept of it. */
export class Reading<T> {
  readonly kept: T[] = [];
  readonly #decode: (message: NetlinkMessage) => T | undefined;
  /** Words for errors. */
  readonly operation: string;
  readonly keepsNoBytes: boolean;
  readonly #limit: ListLimit;
  readonly #first: boolean;
  readonly #most: number;
  #bytes = 0;

  constructor(
    decode: (message: NetlinkMessage) => T | undefined,
    operation: string,
    { limit = LIST_LIMIT, first = false, keepsNoBytes = false, isVisited }: ReadingOptions,
  ) {
    this.#decode = decode;
    this.operation = operation;
    this.keepsNoBytes = keepsNoBytes;
    this.#limit = limit;
    this.#first = first;
    this.#most = isVisited ? VISITED_LIST_BYTES : Number.POSITIVE_INFINITY;
  }

  /** Takes a message; says when the list is read to its end, and when no more of it is wanted. */
  take(message: NetlinkMessage): "done" | "enough" | undefined {
    if (message.type === NLMSG_OVERRUN) throw new KernelError(this.operation, Errno.ENOBUFS);
    const acknowledgement = decodeAcknowledgement(message);
    if (acknowledgement !== undefined) {
      if (acknowledgement.errno !== 0) throw refusal(this.operation, acknowledgement);
      return message.type === NLMSG_DONE ? "done" : undefined;
    }
    if (message.type === NLMSG_NOOP) return undefined;
    this.#bytes = this.#within("bytes", this.#bytes + NLMSG_HDRLEN + message.payload.length);
    if (this.#bytes > this.#most) throw new LongListError(this.operation);
    const object = this.#decode(message);
    if (object === undefined) return undefined;
    this.#within("kept", this.kept.push(object));
    return this.#first ? "enough" : undefined;
  }

  #within(bound: keyof ListLimit, value: number): number {
    if (value <= this.#limit[bound]) return value;
    throw new ListLimitError(this.operation, bound, this.#limit[bound]);
  }
}
