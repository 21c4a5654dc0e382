import { ByteWriter } from "../../bytes/index.ts";
import { isVisiting } from "../sys/index.ts";
import { type Acknowledgement, decodeAcknowledgement } from "./acknowledgement.ts";
import {
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_HDRLEN,
} from "./constant.ts";
import { BatchError, type BatchFailure, refusal } from "./error.ts";
import { LongListError, UNLIMITED, VISITED_LIST_BYTES } from "./limit.ts";
import { guarded } from "./looking.ts";
import {
  decodeMessages,
  encodeMessage,
  messageBytes,
  type NetlinkMessage,
  type NetlinkRequest,
} from "./message.ts";
import { closeAtEnd, type NetlinkPort, openPort } from "./port.ts";
import { type CollectOptions, Reading } from "./reading.ts";

/** Where and how a socket is opened. */
export interface NetlinkSocketOptions {
  /** Namespace the socket belongs to for its whole life; the thread's own when absent. */
  readonly netns?: { run<T>(action: () => T): T } | undefined;
  /**
   * Multicast groups to hear, as RTNLGRP_LINK. Requests belong to another socket: in a flood of events the answer to
   * one is lost, and it fails by ENOBUFS, or after half a minute by EAGAIN, though it may have been carried out.
   */
  readonly groups?: readonly number[] | undefined;
}

// An interrupted dump is asked again this many times; then its data is used as it is.
const DUMP_ATTEMPTS = 5;
// Acknowledgements queue up in the socket until the whole datagram is worked off: more than this
// many could overflow the default receive buffer (some 270 of them fit).
const BATCH_MESSAGES = 128;
const BATCH_BYTES = 128 * 1024;
// Half of that buffer is full while the rest of a list waits to be read.
const BATCH_MESSAGES_BEHIND_LIST = 32;

let portOf: (socket: NetlinkSocket) => NetlinkPort;

/** Has the kernel's socket closed with this one, instead of being kept for the next: with it goes what it owns. */
export function closeWith(socket: NetlinkSocket): void {
  closeAtEnd(portOf(socket));
}

/** What the kernel said to one message. */
interface Exchange {
  readonly answers: NetlinkMessage[];
  readonly refused?: Acknowledgement;
}

/**
 * A conversation with one netlink family of the kernel. All calls are synchronous.
 *
 * @example
 * ```ts
 * import { Attributes, AttributeWriter, NETLINK_GENERIC, NetlinkSocket } from "hawser/netlink";
 *
 * // linux/genetlink.h: which number has the family "nlctrl"?
 * const header = Uint8Array.of(3, 1, 0, 0); // CTRL_CMD_GETFAMILY, version 1
 * const name = new AttributeWriter().string(2, "nlctrl").finish(); // CTRL_ATTR_FAMILY_NAME
 * using socket = NetlinkSocket.open(NETLINK_GENERIC);
 * const request = { type: 16, flags: 0, payload: Uint8Array.of(...header, ...name) };
 * const [answer] = socket.request(request, "get family nlctrl");
 * Attributes.parse(answer?.payload.subarray(4) ?? header).u16(1); // → 16
 * ```
 */
export class NetlinkSocket implements Disposable {
  static {
    portOf = (socket) => socket.#port;
  }

  readonly #port: NetlinkPort;
  readonly #hearsGroups: boolean;
  readonly #isVisited: boolean;
  readonly #events: NetlinkMessage[] = [];
  #sequence = 0;
  /** Sequence number of a list that was not read to its end. */
  #unread: number | undefined;

  private constructor(port: NetlinkPort, hearsGroups: boolean, isVisited: boolean) {
    this.#port = port;
    this.#hearsGroups = hearsGroups;
    this.#isVisited = isVisited;
  }

  /** Opens a socket for a protocol, as NETLINK_ROUTE. */
  static open(protocol: number, options: NetlinkSocketOptions = {}): NetlinkSocket {
    const groups = options.groups ?? [];
    const make = (): NetlinkSocket =>
      new NetlinkSocket(
        guarded(protocol, openPort(protocol, groups)),
        groups.length > 0,
        isVisiting(),
      );
    return options.netns === undefined ? make() : options.netns.run(make);
  }

  /** A socket over something that behaves like the kernel; `hearsGroups` when it sends events. */
  static over(port: NetlinkPort, hearsGroups: boolean = false): NetlinkSocket {
    return new NetlinkSocket(port, hearsGroups, false);
  }

  /** Port number the kernel knows this socket by. */
  get portId(): number {
    return this.#port.portId;
  }

  /** Sends one message and waits for its acknowledgement; gives what came before that. */
  request(request: NetlinkRequest, operation?: string): NetlinkMessage[] {
    const { answers, refused } = this.#exchange(request);
    if (refused === undefined) return answers;
    throw refusal(operation ?? describe(request), refused);
  }

  /**
   * As `request`, for questions after something that may be absent: undefined when the
   * kernel answers with one of these error numbers. Cheaper than an error that is caught.
   */
  ask(
    request: NetlinkRequest,
    absent: readonly number[],
    operation?: string,
  ): NetlinkMessage[] | undefined {
    const { answers, refused } = this.#exchange(request);
    if (refused === undefined) return answers;
    if (absent.includes(refused.errno)) return undefined;
    throw refusal(operation ?? describe(request), refused);
  }

  /**
   * As `ask`, for questions that the kernel answers by exactly one message or by an error:
   * there is no acknowledgement to wait for.
   */
  askOne(
    request: NetlinkRequest,
    absent: readonly number[],
    operation?: string,
  ): NetlinkMessage | undefined {
    const { answers, refused } = this.#exchange(request, { single: true });
    if (refused === undefined) return answers[0];
    if (absent.includes(refused.errno)) return undefined;
    throw refusal(operation ?? describe(request), refused);
  }

  /** Sends one message and reads up to its acknowledgement, or to its `single` answer. */
  #exchange(request: NetlinkRequest, { single = false } = {}): Exchange {
    const sequence = this.nextSequence();
    const flags = request.flags | NLM_F_REQUEST | (single ? 0 : NLM_F_ACK);
    this.#port.send(messageBytes(request, sequence, 0, flags));
    const answers: NetlinkMessage[] = [];
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) {
          continue; // left over from a call that failed
        }
        const acknowledgement = decodeAcknowledgement(message);
        if (acknowledgement === undefined) {
          answers.push(message);
          if (single) return { answers };
        } else if (acknowledgement.errno === 0) {
          return { answers };
        } else {
          return { answers, refused: acknowledgement };
        }
      }
    }
  }

  /**
   * Sends messages together and waits for every acknowledgement. The kernel carries out each of
   * them, also those behind a refused one.
   * @throws BatchError with the index of the first refusal
   */
  batch(requests: readonly NetlinkRequest[], operations?: readonly string[]): void {
    const failures: BatchFailure[] = [];
    for (let start = 0; start < requests.length; ) {
      const end = this.#sendSome(requests, start);
      const first = this.#sequence - (end - start) + 1;
      const answers = this.#acknowledgements(first, end - start);
      for (const [place, answer] of answers.entries()) {
        if (answer.errno === 0) continue;
        const index = start + place;
        const request = requests[index];
        const operation = operations?.[index] ?? (request ? describe(request) : "batch");
        failures.push({ index, error: refusal(operation, answer) });
      }
      start = end;
    }
    const [head, ...rest] = failures;
    if (head !== undefined) throw new BatchError([head, ...rest]);
  }

  /**
   * Asks for a list, all of which is kept. A list that changed while it was read (NLM_F_DUMP_INTR) is
   * asked again, up to five times in all; then it is given as it was read last, and may lack objects that
   * came or went meanwhile.
   */
  dump(request: NetlinkRequest, operation?: string): NetlinkMessage[] {
    return this.collect(request, (message) => message, { operation, limit: UNLIMITED });
  }

  /**
   * As `dump`, and keeps of each message only what `decode` makes of it, while it is read:
   * undefined is left out.
   * @throws ListLimitError when the list is too long
   */
  collect<T>(
    request: NetlinkRequest,
    decode: (message: NetlinkMessage) => T | undefined,
    given: CollectOptions = {},
  ): T[] {
    const options = { ...given, isVisited: this.#isVisited };
    const operation = options.operation ?? describe(request);
    for (let attempt = 1; ; attempt++) {
      const reading = new Reading(decode, operation, options);
      const interrupted = this.#dumpOnce(request, reading);
      if (!interrupted || attempt === DUMP_ATTEMPTS) return reading.kept;
    }
  }

  /**
   * Messages sent to the groups this socket hears; none when the time passes without any.
   * @throws KernelError ENOBUFS, once, when more came than the socket can hold: what it holds is read next
   */
  receive(timeoutMs: number): NetlinkMessage[] {
    if (this.#events.length === 0 && this.#port.poll(timeoutMs)) {
      // An answer to an older call is not an event, and is dropped here.
      this.#receive();
    }
    return this.#events.splice(0);
  }

  /** Takes `count` sequence numbers in a row and gives the first. Zero is never one. */
  nextSequence(count: number = 1): number {
    if (this.#sequence + count > 0xffffffff) this.#sequence = 0;
    this.#sequence += count;
    return this.#sequence - count + 1;
  }

  /** Sends a datagram that the caller made, sequence numbers and all (nfnetlink's transactions). */
  sendRaw(datagram: Uint8Array): void {
    this.#port.send(datagram);
  }

  /** The messages of the next datagram for this socket, acknowledgements among them. */
  receiveRaw(): NetlinkMessage[] {
    return this.#receive();
  }

  /** Whether a datagram arrives within this time. */
  poll(timeoutMs: number): boolean {
    return this.#port.poll(timeoutMs);
  }

  [Symbol.dispose](): void {
    this.#port[Symbol.dispose]();
  }

  /** @param isPassing as of a port; an event stays until it is asked for */
  #receive(isPassing = false): NetlinkMessage[] {
    const { bytes, group } = this.#port.receive(isPassing && !this.#hearsGroups);
    const messages = decodeMessages(bytes);
    // Whatever call meets the end of a list that was not read to its end: the socket is free again.
    const unread = this.#unread;
    if (unread !== undefined && messages.some((each) => each.sequence === unread && isEnd(each))) {
      this.#unread = undefined;
    }
    // The echo of one's own change bears a group too: without groups all is an answer.
    if (group === 0 || !this.#hearsGroups) return messages;
    this.#events.push(...messages);
    return [];
  }

  /** Sends as many messages from `start` on as belong into one datagram; gives the next index. */
  #sendSome(requests: readonly NetlinkRequest[], start: number): number {
    const most = this.#unread === undefined ? BATCH_MESSAGES : BATCH_MESSAGES_BEHIND_LIST;
    const writer = new ByteWriter(1024);
    let at = start;
    for (; at < requests.length && at - start < most; at++) {
      const request = requests[at] as NetlinkRequest;
      if (at > start && writer.length + request.payload.length > BATCH_BYTES) break;
      const flags = request.flags | NLM_F_REQUEST | NLM_F_ACK;
      encodeMessage(writer, { ...request, flags }, this.nextSequence());
    }
    this.#port.send(writer.finish());
    return at;
  }

  #acknowledgements(first: number, count: number): Acknowledgement[] {
    const answers = new Array<Acknowledgement | undefined>(count).fill(undefined);
    for (let open = count; open > 0; ) {
      for (const message of this.#receive()) {
        const place = message.sequence - first;
        if (message.type !== NLMSG_ERROR || !(place >= 0 && place < count)) continue;
        if (answers[place] === undefined) open--;
        answers[place] = decodeAcknowledgement(message);
      }
    }
    return answers.map((answer) => answer ?? { errno: 0 });
  }

  /** Whether the list changed while it was read. */
  #dumpOnce<T>(request: NetlinkRequest, reading: Reading<T>): boolean {
    this.#finishDump(reading.operation);
    const sequence = this.nextSequence();
    const flags = request.flags | NLM_F_REQUEST | NLM_F_DUMP;
    this.#port.send(messageBytes(request, sequence, 0, flags));
    this.#unread = sequence;
    let interrupted = false;
    for (;;) {
      for (const message of this.#receive(reading.keepsNoBytes)) {
        if (message.sequence !== sequence) continue;
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
        const end = reading.take(message);
        if (end !== undefined) return end === "done" && interrupted;
      }
    }
  }

  /** A socket can have one list at a time: reads the rest of one that was not read to its end. */
  #finishDump(operation: string): void {
    for (let bytes = 0; this.#unread !== undefined; ) {
      for (const { payload } of this.#receive()) bytes += NLMSG_HDRLEN + payload.length;
      if (this.#isVisited && bytes > VISITED_LIST_BYTES) throw new LongListError(operation);
    }
  }
}

function describe(request: NetlinkRequest): string {
  return `netlink request 0x${request.type.toString(16)}`;
}

/** A list ends by one of these. */
function isEnd({ type }: NetlinkMessage): boolean {
  return type === NLMSG_DONE || type === NLMSG_ERROR;
}
