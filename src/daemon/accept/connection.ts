import { type Fd, type MessageBuffer, receiveMessage } from "../../kernel/sys/index.ts";
import { decodeHeader, type FrameHeader, HEADER_LENGTH, Kind, REQUEST_MAX } from "./frame.ts";

/** The state of a connection after a read: incomplete, with its request, or to be closed. */
export type Progress = "more" | "request" | "gone";

/** A caller with an incomplete request, which is gathered within bounds. */
export class Connection {
  readonly id: number;
  readonly fd: Fd;
  /** The caller's process. */
  readonly pid: number;
  /** By when the request has to be complete, by the clock of `performance`. */
  readonly deadline: number;
  header: FrameHeader | undefined;
  /** The file that decides which process owns the call, see turn.ts. */
  turn: Fd | undefined;
  netns: Fd | undefined;
  /** The connection did not send all at once and has been added to the epoll list. */
  isListed = false;
  readonly #head = new Uint8Array(HEADER_LENGTH);
  #payload: Uint8Array<ArrayBuffer> = new Uint8Array();
  #read = 0;

  constructor(id: number, fd: Fd, pid: number, deadline: number) {
    this.id = id;
    this.fd = fd;
    this.pid = pid;
    this.deadline = deadline;
  }

  /** Bytes that the request takes. */
  get held(): number {
    return this.#payload.length;
  }

  get payload(): Uint8Array<ArrayBuffer> {
    return this.#payload;
  }

  /** Reads what has come; a request of more than `room` bytes closes the connection. */
  read(buffer: MessageBuffer, room: number): Progress {
    for (;;) {
      const message = receiveMessage(this.fd, buffer);
      if (message === undefined) return "more";
      for (const descriptor of message.descriptors) this.#take(descriptor);
      if (message.length === 0) return "gone";
      const progress = this.#push(buffer.bytes.subarray(0, message.length), room);
      if (progress !== "more") return progress;
    }
  }

  close(): void {
    this.turn?.close();
    this.netns?.close();
    this.fd.close();
  }

  #take(descriptor: Fd): void {
    if (this.turn === undefined) this.turn = descriptor;
    else if (this.netns === undefined) this.netns = descriptor;
    else descriptor.close();
  }

  #push(bytes: Uint8Array, room: number): Progress {
    let rest = bytes;
    if (this.header === undefined) {
      const count = Math.min(rest.length, HEADER_LENGTH - this.#read);
      this.#head.set(rest.subarray(0, count), this.#read);
      this.#read += count;
      rest = rest.subarray(count);
      if (this.#read < HEADER_LENGTH) return "more";
      const header = headerOf(this.#head);
      if (header === undefined) return "gone";
      if (header.kind !== Kind.REQUEST || header.length > REQUEST_MAX) return "gone";
      if (header.length > room) return "gone";
      this.header = header;
      this.#read = 0;
      this.#payload = new Uint8Array(header.length);
    }
    // A second request on a connection is against the protocol.
    if (rest.length > this.#payload.length - this.#read) return "gone";
    this.#payload.set(rest, this.#read);
    this.#read += rest.length;
    return this.#read < this.#payload.length ? "more" : "request";
  }
}

function headerOf(bytes: Uint8Array): FrameHeader | undefined {
  try {
    return decodeHeader(bytes);
  } catch {
    return undefined;
  }
}
