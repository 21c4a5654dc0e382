import { NLMSG_HDRLEN } from "../../netlink/index.ts";
import {
  AF_UNSPEC,
  BPF_JEQ,
  BPF_LDB_ABS,
  BPF_LDH_ABS,
  BPF_RET,
  type FilterInstruction,
  htons,
} from "../../sys/index.ts";
import { RouteEvents } from "../events.ts";
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
  { code: BPF_JEQ, k: htons(RTM_DELLINK), jf: 3 },
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
  readonly #events: RouteEvents = new RouteEvents({
    groups: [RTNLGRP_LINK],
    heard: (bytes) => this.#tell(bytes),
    filter: DEPARTED,
  });

  constructor(departed: (index: number) => void) {
    this.#departed = departed;
  }

  /** Reports links that leave from now on. To be called again whenever it matters: see `Multicast`. */
  begin(): void {
    this.#events.begin();
  }

  [Symbol.dispose](): void {
    this.#events[Symbol.dispose]();
  }

  #tell(bytes: Uint8Array): void {
    if (bytes.length < INDEX_AT + 4) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#departed(view.getInt32(INDEX_AT, true));
  }
}
