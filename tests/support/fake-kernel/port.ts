import { ByteWriter } from "../../../src/bytes/index.ts";
import {
  type Datagram,
  decodeMessages,
  messageBytes,
  type NetlinkMessage,
  type NetlinkPort,
  NLM_F_ACK,
  NLM_F_CAPPED,
  NLM_F_DUMP,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "../../../src/kernel/netlink/index.ts";
import { Errno, KernelError } from "../../../src/kernel/sys/index.ts";
import type { Faults } from "./faults.ts";

/** An error number that a request is refused with. */
export class Refused extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`refused with error ${errno}`);
    this.errno = errno;
  }
}

/** One message of an answer. */
export interface Answer {
  readonly type: number;
  readonly payload: Uint8Array;
}

/**
 * Works off the messages of one datagram, one after the other.
 * @throws Refused with the errno of the first that the kernel would refuse
 */
export type Handler = (message: NetlinkMessage, isDump: boolean) => readonly Answer[];

/** The kernel's end of a netlink socket. */
export class FakePort implements NetlinkPort {
  readonly portId: number;
  readonly #queue: Uint8Array[] = [];
  readonly #faults: Faults;
  readonly #work: (messages: readonly NetlinkMessage[], port: FakePort) => void;

  constructor(
    portId: number,
    faults: Faults,
    work: (messages: readonly NetlinkMessage[], port: FakePort) => void,
  ) {
    this.portId = portId;
    this.#faults = faults;
    this.#work = work;
  }

  send(datagram: Uint8Array): void {
    const work = (): void => this.#work(decodeMessages(datagram.slice()), this);
    this.#faults.meet("send", work, () => {
      this.#queue.length = 0;
    });
  }

  receive(): Datagram {
    const bytes = this.#queue.shift();
    if (bytes === undefined) throw new KernelError("receive", Errno.EAGAIN);
    return { bytes, group: 0 };
  }

  poll(): boolean {
    return this.#queue.length > 0;
  }

  [Symbol.dispose](): void {
    this.#queue.length = 0;
  }

  /** Answers a message that is not part of a transaction. */
  answer(message: NetlinkMessage, handler: Handler, isGet: (type: number) => boolean): void {
    const isDump = isGet(message.type) && (message.flags & NLM_F_DUMP) === NLM_F_DUMP;
    try {
      const answers = handler(message, isDump);
      for (const { type, payload } of answers) {
        const flags = isDump ? NLM_F_MULTI : 0;
        this.#queue.push(messageBytes({ type, flags, payload }, message.sequence, this.portId));
      }
      if (isDump) this.#done(message);
      else if ((message.flags & NLM_F_ACK) !== 0) this.acknowledge(message, 0);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.acknowledge(message, error.errno);
    }
  }

  /** struct nlmsgerr, with the header of the message alone. */
  acknowledge(message: NetlinkMessage, errno: number): void {
    const payload = new ByteWriter()
      .i32(-errno)
      .u32(16 + message.payload.length)
      .u16(message.type)
      .u16(message.flags)
      .u32(message.sequence)
      .u32(this.portId)
      .finish();
    const request = { type: NLMSG_ERROR, flags: NLM_F_CAPPED, payload };
    this.#queue.push(messageBytes(request, message.sequence, this.portId));
  }

  #done(message: NetlinkMessage): void {
    const payload = new ByteWriter().i32(0).finish();
    const request = { type: NLMSG_DONE, flags: NLM_F_MULTI, payload };
    this.#queue.push(messageBytes(request, message.sequence, this.portId));
  }
}
