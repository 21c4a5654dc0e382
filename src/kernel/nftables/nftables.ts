import {
  closeWith,
  decodeAcknowledgement,
  type ListLimit,
  messageBytes,
  NETLINK_NETFILTER,
  type NetlinkMessage,
  NetlinkSocket,
  type NetlinkSocketOptions,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  UNLIMITED,
} from "../netlink/index.ts";
import { Errno, isKernelError, KernelError } from "../sys/index.ts";
import { Batch } from "./batch.ts";
import { type Chain, decodeChain, encodeChainId } from "./chain.ts";
import {
  decodeElements,
  type Element,
  elementsWith,
  encodeElementDump,
  encodeElementKeys,
} from "./element.ts";
import { NftablesError } from "./error.ts";
import type { Family } from "./family.ts";
import { NftMessage, nftType, nfWriter, parseNfAttributes } from "./header.ts";
import { decodeRule, encodeRulePlace, type Rule } from "./rule.ts";
import { decodeSet, encodeSetDump, encodeSetId, type NftSet } from "./set.ts";
import { decodeTable, encodeTableId, type Table } from "./table.ts";
import { runTransaction } from "./transaction.ts";

/** A namespace to work in: see `Netns`. */
type NetnsLike = NonNullable<NetlinkSocketOptions["netns"]>;

/** Options of `Nftables.commit`. */
export interface CommitOptions {
  /** Refuse (ERESTART) when the ruleset has another generation than this by now. */
  readonly generation?: number;
}

const NFTA_GEN_ID = 1;
/** Bytes that the kernel has for a chain's name, the NUL at its end included. */
const NFT_CHAIN_MAXNAMELEN = 256;

// A transaction that the kernel gave up half-way was not carried out, so it may be sent again.
const ATTEMPTS = 8;
// Others change the ruleset all the time on a busy node: planning anew must outlast them.
const PLANS = 64;

/**
 * The nftables of one network namespace. All calls are synchronous.
 *
 * @example
 * ```ts
 * import { compose, concat, Nftables, portMatch, portValue, ruleLine, verdict } from "hawser/nftables";
 * import { Netns } from "hawser/netns";
 *
 * using blue = Netns.open("/run/netns/blue");
 * using nftables = Nftables.open(blue);
 * const chain = { family: "inet", table: "web", name: "input" } as const;
 * const ports = { family: "inet", table: "web", name: "ports" } as const;
 * nftables.commit((batch) => {
 *   batch.addTable({ family: "inet", name: "web", comment: "of the example" });
 *   batch.addSet({ ...ports, key: ["inet_service"] });
 *   batch.addElements(ports, [{ key: portValue(80), comment: "http" }, { key: portValue(443) }]);
 *   batch.addChain({ ...chain, hook: { type: "filter", hook: "input", priority: 0 } });
 *   const expressions = compose(portMatch("tcp", "dport", 22), verdict("drop"));
 *   batch.addRule({ family: "inet", table: "web", chain: "input", expressions });
 * });
 * nftables.listRules("inet", "web", "input").map(ruleLine); // → ["tcp dport 22 drop"]
 * nftables.getElement("inet", "web", "ports", concat(portValue(80)))?.comment; // → "http"
 * nftables.isSetEmpty("inet", "web", "ports"); // → false
 *
 * // Reads, and commits only if nothing has changed meanwhile.
 * nftables.commitPlanned((batch) => {
 *   const keys = nftables.listElements("inet", "web", "ports").map(({ key }) => key);
 *   batch.delElements(ports, keys);
 * });
 * nftables.isSetEmpty("inet", "web", "ports"); // → true
 * ```
 */
export class Nftables implements Disposable {
  readonly #open: () => NetlinkSocket;
  readonly #socket: NetlinkSocket;
  readonly #limit: ListLimit;

  private constructor(open: () => NetlinkSocket, limit: ListLimit) {
    this.#open = open;
    this.#socket = open();
    this.#limit = limit;
  }

  /** Opens a socket; `netns` must live as long as the result. The thread's own when absent. */
  static open(netns?: NetnsLike): Nftables {
    return new Nftables(() => NetlinkSocket.open(NETLINK_NETFILTER, { netns }), UNLIMITED);
  }

  /** The same for a namespace whose owner may fill lists on purpose: a list that is longer is a ListLimitError. */
  static openBounded(limit: ListLimit, netns?: NetnsLike): Nftables {
    return new Nftables(() => NetlinkSocket.open(NETLINK_NETFILTER, { netns }), limit);
  }

  /** Closes the socket; it may then be used again by another call of this process. */
  close(): void {
    this.#socket[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Carries out what `build` gathers before it returns, all or nothing. A batch without commands sends nothing.
   * @throws NftablesError, which names the refused command
   */
  commit(build: (batch: Batch) => void, options: CommitOptions = {}): void {
    const batch = new Batch();
    const given: unknown = build(batch);
    if (given instanceof Promise) {
      throw new TypeError("what fills a transaction must be synchronous: it gave a promise");
    }
    if (batch.commands.length === 0) return;
    if (batch.commands.some(({ isOwned }) => isOwned === true)) closeWith(this.#socket);
    for (let attempt = 1; ; attempt++) {
      try {
        runTransaction(this.#socket, batch.commands, options.generation);
        return;
      } catch (error) {
        if (!isKernelError(error, Errno.EAGAIN, Errno.EINTR) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Plans by reading, then commits only if the ruleset is still the one that was read; else plans
   * anew. `plan` may run several times: it reads through this object and fills the batch.
   * @throws NftablesError, also when the ruleset has changed during each of dozens of plans (ERESTART)
   */
  commitPlanned(plan: (batch: Batch) => void): void {
    for (let attempt = 1; ; attempt++) {
      const generation = this.generation();
      try {
        this.commit(plan, { generation });
        return;
      } catch (error) {
        const changed = error instanceof NftablesError && error.generationChanged;
        if (!changed || attempt === PLANS) throw error;
      }
    }
  }

  /** Number of the ruleset's state: every transaction that changes something moves it on. */
  generation(): number {
    const payload = nfWriter(undefined).finish();
    const question = { type: nftType(NftMessage.GETGEN), flags: 0, payload };
    const answer = this.#socket.askOne(question, [], "get generation");
    const id = answer && parseNfAttributes(answer.payload).be32(NFTA_GEN_ID);
    if (id === undefined) throw new KernelError("get generation", Errno.ENODATA);
    return id;
  }

  /** A table by its name; undefined when there is none. */
  getTable(family: Family, name: string): Table | undefined {
    const payload = encodeTableId({ family, name });
    return this.#find(NftMessage.GETTABLE, payload, `get table ${family} ${name}`, decodeTable);
  }

  /** Undefined when there is none, as of a name that is too long for a chain. */
  getChain(family: Family, table: string, name: string): Chain | undefined {
    if (Buffer.byteLength(name) >= NFT_CHAIN_MAXNAMELEN) return undefined;
    const payload = encodeChainId({ family, table, name });
    const text = `get chain ${family} ${table} ${name}`;
    return this.#find(NftMessage.GETCHAIN, payload, text, decodeChain);
  }

  /** A set or map by its name; undefined when there is none. */
  getSet(family: Family, table: string, name: string): NftSet | undefined {
    const payload = encodeSetId({ family, table, name });
    const text = `get set ${family} ${table} ${name}`;
    return this.#find(NftMessage.GETSET, payload, text, decodeSet);
  }

  /** One element by its key; undefined when it, the set or the table is absent. */
  getElement(family: Family, table: string, set: string, key: Uint8Array): Element | undefined {
    const payload = encodeElementKeys({ family, table, name: set }, [key]);
    const text = `get element of set ${family} ${table} ${set}`;
    return this.#find(
      NftMessage.GETSETELEM,
      payload,
      text,
      (message) => decodeElements(message)[0],
    );
  }

  /** All tables, or those of a family. */
  listTables(family?: Family): Table[] {
    const payload = nfWriter(family).finish();
    return this.#dump(NftMessage.GETTABLE, payload, "list tables").map(decodeTable);
  }

  /** All chains, or those of a family, or those of a table. */
  listChains(family?: Family, table?: string): Chain[] {
    const payload = nfWriter(family).finish();
    const chains = this.#dump(NftMessage.GETCHAIN, payload, "list chains").map(decodeChain);
    return table === undefined ? chains : chains.filter((chain) => chain.table === table);
  }

  /** Rules of a table or of one chain, in their order; none when it is absent. */
  listRules(family: Family, table: string, chain?: string): Rule[] {
    const payload = encodeRulePlace(family, table, chain);
    const text = `list rules of ${family} ${table}`;
    return this.#dumpOf(NftMessage.GETRULE, payload, text).map(decodeRule);
  }

  /** Sets and maps of a table; none when it is absent. */
  listSets(family: Family, table: string): NftSet[] {
    const payload = encodeSetDump(family, table);
    const text = `list sets of ${family} ${table}`;
    return this.#dumpOf(NftMessage.GETSET, payload, text).map(decodeSet);
  }

  /**
   * Elements of a set or map; none when it is absent.
   * With `limitToFirstPage` only as many as the kernel puts into its first answer (32 KiB at most):
   * the cost does not grow with the set. With `comment` those that bear it.
   */
  listElements(
    family: Family,
    table: string,
    set: string,
    options: { readonly limitToFirstPage?: boolean; readonly comment?: string } = {},
  ): Element[] {
    const payload = encodeElementDump({ family, table, name: set });
    const text = `list elements of ${family} ${table} ${set}`;
    const messages = options.limitToFirstPage
      ? this.#firstPage(NftMessage.GETSETELEM, payload, text)
      : this.#dumpOf(NftMessage.GETSETELEM, payload, text);
    const { comment } = options;
    return messages.flatMap(comment === undefined ? decodeElements : elementsWith(comment));
  }

  /** Whether a set has no element (an absent one has none). The cost does not grow with the set. */
  isSetEmpty(family: Family, table: string, set: string): boolean {
    const count = this.getSet(family, table, set)?.count;
    if (count !== undefined) return count === 0;
    return this.listElements(family, table, set, { limitToFirstPage: true }).length === 0;
  }

  #find<T>(
    message: number,
    payload: Uint8Array,
    text: string,
    decode: (message: NetlinkMessage) => T,
  ): T | undefined {
    const question = { type: nftType(message), flags: 0, payload };
    const answer = this.#socket.askOne(question, [Errno.ENOENT], text);
    return answer === undefined ? undefined : decode(answer);
  }

  #dump(message: number, payload: Uint8Array, text: string): NetlinkMessage[] {
    const request = { type: nftType(message), flags: 0, payload };
    return this.#socket.collect(request, (each) => each, { operation: text, limit: this.#limit });
  }

  #dumpOf(message: number, payload: Uint8Array, text: string): NetlinkMessage[] {
    return absentAsNone(() => this.#dump(message, payload, text));
  }

  // A dump that is not read to its end blocks its socket for others; so it gets one of its own.
  #firstPage(message: number, payload: Uint8Array, text: string): NetlinkMessage[] {
    using socket = this.#open();
    const flags = NLM_F_REQUEST | NLM_F_DUMP;
    const request = { type: nftType(message), flags, payload };
    socket.sendRaw(messageBytes(request, socket.nextSequence()));
    const messages: NetlinkMessage[] = [];
    for (const answer of socket.receiveRaw()) {
      const end = decodeAcknowledgement(answer);
      if (end === undefined) messages.push(answer);
      else if (end.errno === Errno.ENOENT) return [];
      else if (end.errno !== 0) throw new KernelError(text, end.errno, { extack: end.extack });
    }
    return messages;
  }
}

function absentAsNone(ask: () => NetlinkMessage[]): NetlinkMessage[] {
  try {
    return ask();
  } catch (error) {
    if (isKernelError(error, Errno.ENOENT)) return [];
    throw error;
  }
}
