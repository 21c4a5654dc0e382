import { type Attributes, Multicast, NETLINK_NETFILTER, NLMSG_HDRLEN } from "../netlink/index.ts";
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
const MADE: ReadonlySet<number> = new Set(
  [
    ...[NftMessage.NEWTABLE, NftMessage.NEWCHAIN, NftMessage.NEWRULE],
    ...[NftMessage.NEWSET, NftMessage.NEWSETELEM],
  ].map(nftType),
);
const NEWGEN = nftType(NftMessage.NEWGEN);

/** A transaction of the kinds that are watched. */
export interface Transaction {
  /** The tables that it has changed; undefined when messages were lost. */
  readonly tables: ReadonlySet<string> | undefined;
  /** The process that has done it. */
  readonly pid: number | undefined;
}

/**
 * Reports transactions that change the ruleset of the thread's namespace, through the event loop: those that
 * remove something, or all. Where more comes than the socket can hold, one report says so, and the watch goes on.
 */
export class RulesetWatch implements Disposable {
  readonly #changed: (transaction: Transaction) => void;
  readonly #counts: (type: number) => boolean;
  readonly #events: Multicast;
  #tables = new Set<string>();

  /** @throws KernelError where the kernel does not report */
  constructor(kinds: "removals" | "all", changed: (transaction: Transaction) => void) {
    this.#changed = changed;
    this.#counts = (type) => REMOVED.has(type) || (kinds === "all" && MADE.has(type));
    this.#events = new Multicast({
      ...{ protocol: NETLINK_NETFILTER, groups: [NFNLGRP_NFTABLES] },
      heard: (bytes) => this.#read(bytes),
      lost: () => this.#lost(),
    });
    this.begin();
  }

  /**
   * Hears again where a watch has ended for want of descriptors; otherwise nothing happens.
   * @throws KernelError where the kernel does not report
   */
  begin(): void {
    this.#events.begin();
  }

  [Symbol.dispose](): void {
    this.#events[Symbol.dispose]();
  }

  #lost(): void {
    try {
      this.begin();
    } catch {
      // Without descriptors there is no watch: a look at intervals finds what has changed.
    }
    // Behind it, so that a look which follows misses nothing, and an end is the end.
    this.#changed({ tables: undefined, pid: undefined });
  }

  /** One datagram has many messages; the last of a transaction says whose it was. */
  #read(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + NLMSG_HDRLEN <= bytes.length; ) {
      const length = view.getUint32(at, true);
      if (length < NLMSG_HDRLEN || at + length > bytes.length) return;
      const type = view.getUint16(at + 4, true);
      const payload = bytes.subarray(at + NLMSG_HDRLEN, at + length);
      if (this.#counts(type)) this.#note(payload);
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
    this.#changed({ tables, pid });
  }
}

function attributesOf(payload: Uint8Array): Attributes | undefined {
  try {
    return parseNfAttributes(payload);
  } catch {
    return undefined;
  }
}
