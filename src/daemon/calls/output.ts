import {
  Errno,
  Fd,
  isKernelError,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  send,
} from "../../kernel/sys/index.ts";
import { encodeAnswer, encodeFrame, Kind } from "../accept/index.ts";

const PAUSE_MS = 2;
/** A caller that reads nothing for so long gets no more output. */
const PATIENCE_MS = 10_000;
/** Text for people that a call may send, in bytes; a plugin of others may write without end. */
const STDERR_MAX = 1024 * 1024;
const CUT = "\n(more than 1 MiB of messages: the rest is left out)\n";

/** The output to a caller. A caller that has closed its connection is no error. */
export class Output {
  readonly #fd: Fd;
  readonly #version: number;
  #sending: Promise<void> = Promise.resolve();
  #idle = true;
  #broken = false;
  #beforeLast: (() => void) | undefined;
  #stderrLeft = STDERR_MAX;

  /** `beforeLast` is called once, before the last frame: from then on the caller may hang up. */
  constructor(connection: number, version: number, beforeLast: () => void) {
    this.#fd = new Fd(connection);
    this.#version = version;
    this.#beforeLast = beforeLast;
  }

  stderr(text: string): void {
    if (this.#stderrLeft <= 0) return;
    const bytes = new TextEncoder().encode(text);
    this.#message(bytes.subarray(0, this.#stderrLeft));
    this.#stderrLeft -= bytes.length;
    if (this.#stderrLeft <= 0) this.#message(new TextEncoder().encode(CUT));
  }

  #message(bytes: Uint8Array): void {
    this.#send(encodeFrame(this.#version, Kind.STDERR, bytes));
  }

  /** Answers that the call has not begun here and never will. */
  decline(): void {
    this.#last();
    this.#send(encodeFrame(this.#version, Kind.BUSY));
  }

  /** Sends the answer, which is the last frame. */
  answer(exitCode: number, stdout: string): void {
    this.#last();
    this.#send(encodeAnswer(this.#version, exitCode, stdout));
  }

  /** Resolves when all output has been sent. */
  get left(): Promise<void> {
    return this.#sending;
  }

  close(): void {
    this.#last();
    this.#broken = true;
    this.#fd.close();
  }

  #last(): void {
    this.#beforeLast?.();
    this.#beforeLast = undefined;
  }

  #send(bytes: Uint8Array): void {
    if (this.#idle) {
      const rest = this.#write(bytes);
      if (rest.length === 0) return;
      this.#idle = false;
      this.#sending = this.#finish(rest);
    } else {
      this.#sending = this.#sending.then(() => this.#finish(bytes));
    }
  }

  /** Sends the rest as the caller reads. */
  async #finish(bytes: Uint8Array): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    for (let rest = this.#write(bytes); rest.length > 0; rest = this.#write(rest)) {
      if (performance.now() > end) this.#broken = true;
      await Bun.sleep(PAUSE_MS);
    }
  }

  /** Sends what the socket takes; gives the rest. */
  #write(bytes: Uint8Array): Uint8Array {
    if (this.#broken) return new Uint8Array();
    try {
      return bytes.subarray(send(this.#fd, bytes, MSG_DONTWAIT | MSG_NOSIGNAL));
    } catch (error) {
      if (isKernelError(error, Errno.EAGAIN)) return bytes;
      this.#broken = true;
      return new Uint8Array();
    }
  }
}
