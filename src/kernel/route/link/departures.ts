import {
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_ROUTE,
  NLMSG_HDRLEN,
  SOL_NETLINK,
} from "../../netlink/index.ts";
import {
  AF_NETLINK,
  AF_UNSPEC,
  attachFilter,
  BPF_JEQ,
  BPF_LDB_ABS,
  BPF_LDH_ABS,
  BPF_RET,
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
import { RTM_DELLINK } from "./message.ts";

// struct nlmsghdr has the type at 4; struct ifinfomsg begins with the family and has the index at 4.
const TYPE_AT = 4;
const FAMILY_AT = NLMSG_HDRLEN;
const INDEX_AT = NLMSG_HDRLEN + 4;

const ALL = 0xffffffff;

/** A node has many events of links; this lets those pass that a link is gone, not just a port. */
const DEPARTED: readonly FilterInstruction[] = [
  { code: BPF_LDH_ABS, k: TYPE_AT },
  { code: BPF_JEQ, k: swapped(RTM_DELLINK), jf: 3 },
  { code: BPF_LDB_ABS, k: FAMILY_AT },
  { code: BPF_JEQ, k: AF_UNSPEC, jf: 1 },
  { code: BPF_RET, k: ALL },
  { code: BPF_RET, k: 0 },
];

/**
 * Reports links that leave the namespace of the thread that made it, through the event loop.
 * The kernel says so when a link cannot be found any more; the caller that deletes the link
 * gets the answer some 15 ms later, when the memory is free.
 */
export class LinkDepartures implements Disposable {
  readonly #departed: (index: number) => void;
  #fd: Fd | undefined;
  #hearing: Disposable | undefined;

  constructor(departed: (index: number) => void) {
    this.#departed = departed;
  }

  /** Reports links that leave from now on. To be called again whenever it matters: see `#hear`. */
  begin(): void {
    this.#fd ??= this.#open();
  }

  [Symbol.dispose](): void {
    this.#hearing?.[Symbol.dispose]();
    this.#hearing = undefined;
    this.#fd?.close();
    this.#fd = undefined;
  }

  #open(): Fd {
    const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE);
    try {
      attachFilter(fd, DEPARTED);
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
      const hearing = await hear(fd, { datagram: (bytes) => this.#tell(bytes), end: over });
      if (this.#fd === fd) this.#hearing = hearing;
      else hearing[Symbol.dispose]();
    } catch {
      over();
    }
  }

  #tell(bytes: Uint8Array): void {
    if (bytes.length < INDEX_AT + 4) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#departed(view.getInt32(INDEX_AT, true));
  }
}

/** A 16-bit number of the host's order, which is little-endian, as a filter loads it. */
function swapped(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}
