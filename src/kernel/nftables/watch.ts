import {
  type Attributes,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_NETFILTER,
  NLMSG_HDRLEN,
  SOL_NETLINK,
} from "../netlink/index.ts";
import {
  AF_NETLINK,
  bind,
  type Fd,
  hear,
  netlinkAddress,
  SOCK_NONBLOCK,
  SOCK_RAW,
  setsockopt,
  socket,
} from "../sys/index.ts";
import { NftMessage, nftType, parseNfAttributes } from "./header.ts";

const NFNLGRP_NFTABLES = 7;
/** The table's name is the first attribute of each of these messages. */
const NFTA_TABLE = 1;
const NFTA_GEN_PROC_PID = 2;
const REMOVED: ReadonlySet<number> = new Set(
  [
    ...[NftMessage.DELTABLE, NftMessage.DELCHAIN, NftMessage.DELRULE],
    ...[NftMessage.DELSET, NftMessage.DELSETELEM],
  ].map(nftType),
);
const NEWGEN = nftType(NftMessage.NEWGEN);

/** A transaction that has removed something. */
export interface Removal {
  /** The tables from which something was removed; undefined when messages were lost. */
  readonly tables: ReadonlySet<string> | undefined;
  /** The process that has done it. */
  readonly pid: number | undefined;
}

/**
 * Reports transactions that remove something from the ruleset of the thread's namespace, through the
 * event loop. Where more comes than the socket can hold, one report says so, and the watch goes on.
 */
export class RulesetWatch implements Disposable {
  readonly #removed: (removal: Removal) => void;
  #fd: Fd | undefined;
  #hearing: Disposable | undefined;
  #tables = new Set<string>();
  #isOver = false;

  /** @throws KernelError where the kernel does not report */
  constructor(removed: (removal: Removal) => void) {
    this.#removed = removed;
    this.#open();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#close();
  }

  #open(): void {
    const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_NETFILTER);
    try {
      bind(fd, netlinkAddress(0, 0));
      setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES);
    } catch (error) {
      fd.close();
      throw error;
    }
    this.#fd = fd;
    void this.#hear(fd);
  }

  async #hear(fd: Fd): Promise<void> {
    const lost = (): void => {
      if (this.#fd !== fd || this.#isOver) return;
      this.#close();
      this.#removed({ tables: undefined, pid: undefined });
      try {
        this.#open();
      } catch {
        // Without descriptors there is no watch: a look at intervals finds what was removed.
      }
    };
    try {
      const hearing = await hear(fd, { datagram: (bytes) => this.#read(bytes), end: lost });
      if (this.#fd === fd) this.#hearing = hearing;
      else hearing[Symbol.dispose]();
    } catch {
      lost();
    }
  }

  #close(): void {
    this.#hearing?.[Symbol.dispose]();
    this.#hearing = undefined;
    this.#fd?.close();
    this.#fd = undefined;
  }

  /** One datagram has many messages; the last of a transaction says whose it was. */
  #read(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + NLMSG_HDRLEN <= bytes.length; ) {
      const length = view.getUint32(at, true);
      if (length < NLMSG_HDRLEN || at + length > bytes.length) return;
      const type = view.getUint16(at + 4, true);
      const payload = bytes.subarray(at + NLMSG_HDRLEN, at + length);
      if (REMOVED.has(type)) this.#note(payload);
      else if (type === NEWGEN) this.#end(payload);
      at += (length + 3) & ~3;
    }
  }

  #note(payload: Uint8Array): void {
    const table = attributesOf(payload)?.string(NFTA_TABLE);
    if (table !== undefined) this.#tables.add(table);
  }

  #end(payload: Uint8Array): void {
    if (this.#tables.size === 0) return;
    const tables = this.#tables;
    this.#tables = new Set();
    const pid = attributesOf(payload)?.be32(NFTA_GEN_PROC_PID);
    this.#removed({ tables, pid });
  }
}

function attributesOf(payload: Uint8Array): Attributes | undefined {
  try {
    return parseNfAttributes(payload);
  } catch {
    return undefined;
  }
}
