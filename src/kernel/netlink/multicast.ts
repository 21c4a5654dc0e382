import {
  AF_NETLINK,
  attachFilter,
  type Fd,
  type FilterInstruction,
  hear,
  SOCK_NONBLOCK,
  SOCK_RAW,
  setsockopt,
  socket,
} from "../sys/index.ts";
import { connectToKernel } from "./connect.ts";
import { NETLINK_ADD_MEMBERSHIP, SOL_NETLINK } from "./constant.ts";

export interface MulticastOptions {
  /** NETLINK_ROUTE, NETLINK_NETFILTER. */
  readonly protocol: number;
  /** Numbers of the groups whose messages are meant, as RTNLGRP_LINK. */
  readonly groups: readonly number[];
  /** Receives one datagram of messages, in memory of its own. */
  readonly heard: (bytes: Uint8Array) => void;
  /** More has come than the socket can hold: nothing is heard until the next `begin`. */
  readonly lost?: (() => void) | undefined;
  /** Which datagrams the kernel gives at all; every one when absent. */
  readonly filter?: readonly FilterInstruction[] | undefined;
  /** Does the work inside the namespace that is meant; the calling thread's own when absent. */
  readonly inside?: ((open: () => Fd) => Fd) | undefined;
}

/** Hears what the kernel reports to groups, through the event loop. */
export class Multicast implements Disposable {
  readonly #options: MulticastOptions;
  #fd: Fd | undefined;
  #hearing: Disposable | undefined;

  constructor(options: MulticastOptions) {
    this.#options = options;
  }

  /**
   * Reports events from now on. To be called again whenever it matters: see `#hear`.
   * @returns whether events may have been lost before
   * @throws KernelError where the kernel does not report
   */
  begin(): boolean {
    if (this.#fd !== undefined) return false;
    const { inside = (open) => open() } = this.#options;
    this.#fd = inside(() => this.#open());
    return true;
  }

  [Symbol.dispose](): void {
    this.#hearing?.[Symbol.dispose]();
    this.#hearing = undefined;
    this.#fd?.close();
    this.#fd = undefined;
  }

  #open(): Fd {
    const { protocol, groups, filter } = this.#options;
    const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, protocol);
    try {
      if (filter !== undefined) attachFilter(fd, filter);
      connectToKernel(fd);
      for (const group of groups) setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    } catch (error) {
      fd.close();
      throw error;
    }
    void this.#hear(fd);
    return fd;
  }

  /**
   * What comes before the event loop listens waits in the socket. When more comes than it can hold,
   * some is lost, and the next `begin` opens another.
   */
  async #hear(fd: Fd): Promise<void> {
    const over = (): void => {
      if (this.#fd !== fd) return;
      this[Symbol.dispose]();
      this.#options.lost?.();
    };
    try {
      const hearing = await hear(fd, { datagram: this.#options.heard, end: over });
      if (this.#fd === fd) this.#hearing = hearing;
      else hearing[Symbol.dispose]();
    } catch {
      over();
    }
  }
}
