import { NETLINK_ADD_MEMBERSHIP, NETLINK_ROUTE, SOL_NETLINK } from "../../netlink/index.ts";
import type { Netns } from "../../netns/index.ts";
import {
  AF_NETLINK,
  attachFilter,
  bind,
  type Fd,
  type FilterInstruction,
  hear,
  netlinkAddress,
  SOCK_NONBLOCK,
  SOCK_RAW,
  setsockopt,
  socket,
} from "../../sys/index.ts";
import { RTNLGRP_LINK } from "../groups.ts";

export interface LinkEventsOptions {
  /** Receives one datagram of messages, in memory of its own. */
  readonly heard: (bytes: Uint8Array) => void;
  /** Which datagrams the kernel gives at all; every one when absent. */
  readonly filter?: readonly FilterInstruction[] | undefined;
  /** The namespace whose links are meant; the calling thread's own when absent. */
  readonly netns?: Netns | undefined;
}

/** Hears what the kernel reports of links, through the event loop. */
export class LinkEvents implements Disposable {
  readonly #options: LinkEventsOptions;
  #fd: Fd | undefined;
  #hearing: Disposable | undefined;

  constructor(options: LinkEventsOptions) {
    this.#options = options;
  }

  /**
   * Reports events from now on. To be called again whenever it matters: see `#hear`.
   * @returns whether events may have been lost before
   */
  begin(): boolean {
    if (this.#fd !== undefined) return false;
    const { netns } = this.#options;
    this.#fd = netns === undefined ? this.#open() : netns.run(() => this.#open());
    return true;
  }

  [Symbol.dispose](): void {
    this.#hearing?.[Symbol.dispose]();
    this.#hearing = undefined;
    this.#fd?.close();
    this.#fd = undefined;
  }

  #open(): Fd {
    const { filter } = this.#options;
    const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE);
    try {
      if (filter !== undefined) attachFilter(fd, filter);
      bind(fd, netlinkAddress(0, 0));
      setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_LINK);
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
      if (this.#fd === fd) this[Symbol.dispose]();
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
