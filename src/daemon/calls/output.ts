import {
  Errno,
  Fd,
  isKernelError,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  send,
} from "../../kernel/sys/index.ts";
import { encodeAnswer, encodeFrame, Kind } from "../protocol/index.ts";

const PAUSE_MS = 2;
/** A caller that does not read for so long gets nothing more. */
const PATIENCE_MS = 10_000;

/** What goes back to a caller. One that has gone is no error: nobody is left to be told. */
export class Output {
  readonly #fd: Fd;
  readonly #version: number;
  #sending: Promise<void> = Promise.resolve();
  #idle = true;
  #broken = false;
  #settle: (() => void) | undefined;

  /** `settle` is called once, before the last thing is sent: whether the caller is there counts no more. */
  constructor(connection: number, version: number, settle: () => void) {
    this.#fd = new Fd(connection);
    this.#version = version;
    this.#settle = settle;
  }

  stderr(text: string): void {
    this.#send(encodeFrame(this.#version, Kind.STDERR, new TextEncoder().encode(text)));
  }

  /** Tells that the work is not begun and will not be. */
  decline(): void {
    this.#last();
    this.#send(encodeFrame(this.#version, Kind.BUSY));
  }

  /** The last thing that is sent. */
  answer(exitCode: number, stdout: string): void {
    this.#last();
    this.#send(encodeAnswer(this.#version, exitCode, stdout));
  }

  /** Resolves when everything has left. */
  get left(): Promise<void> {
    return this.#sending;
  }

  close(): void {
    this.#last();
    this.#broken = true;
    this.#fd.close();
  }

  #last(): void {
    this.#settle?.();
    this.#settle = undefined;
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

  /** Sends on as the caller reads. */
  async #finish(bytes: Uint8Array): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    for (let rest = this.#write(bytes); rest.length > 0; rest = this.#write(rest)) {
      if (performance.now() > end) this.#broken = true;
      await Bun.sleep(PAUSE_MS);
    }
  }

  /** Gives what the socket did not take. */
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
